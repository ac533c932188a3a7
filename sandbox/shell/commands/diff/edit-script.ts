/** The shortest edit script between two lists of lines (Myers, 1986). */
import type { Process } from '../../../os/process.ts';

/** Lines `a0..a1` of the left become lines `b0..b1` of the right; half-open, from 0. */
export interface Edit {
  a0: number;
  a1: number;
  b0: number;
  b1: number;
}

/** Beyond this many differences the rest is called one change: quadratic time is not for interactive use. */
const MAX_DIFFERENCES = 4000;

export async function editScript(
  process: Process,
  left: string[],
  right: string[],
  normal: (line: string) => string,
): Promise<Edit[]> {
  const a = left.map(normal);
  const b = right.map(normal);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [aEnd, bEnd] = [a.length, b.length];
  while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1]) {
    aEnd--;
    bEnd--;
  }
  const [n, m] = [aEnd - start, bEnd - start];
  if (n === 0 && m === 0) return [];
  const max = Math.min(n + m, MAX_DIFFERENCES);
  const trace: Int32Array[] = [];
  const v = new Int32Array(2 * max + 3);
  const offset = max + 1;
  for (let d = 0; d <= max; d++) {
    trace.push(v.slice());
    await process.tick();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && v[offset + k - 1]! < v[offset + k + 1]!);
      let x = down ? v[offset + k + 1]! : v[offset + k - 1]! + 1;
      let y = x - k;
      while (x < n && y < m && a[start + x] === b[start + y]) {
        x++;
        y++;
      }
      v[offset + k] = x;
      if (x >= n && y >= m) return backtrack(trace, offset, n, m, start);
    }
  }
  return [{ a0: start, a1: aEnd, b0: start, b1: bEnd }];
}

function backtrack(trace: Int32Array[], offset: number, n: number, m: number, start: number): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d > 0; d--) {
    const v = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && v[offset + k - 1]! < v[offset + k + 1]!);
    const previous = down ? k + 1 : k - 1;
    const px = v[offset + previous]!;
    const py = px - previous;
    const edit: Edit = down
      ? { a0: start + px, a1: start + px, b0: start + py, b1: start + py + 1 }
      : { a0: start + px, a1: start + px + 1, b0: start + py, b1: start + py };
    const next = edits[0];
    if (next && next.a0 === edit.a1 && next.b0 === edit.b1) {
      next.a0 = edit.a0;
      next.b0 = edit.b0;
    } else edits.unshift(edit);
    [x, y] = [px, py];
  }
  return edits;
}
