/** Unified diffs: their parts, and their hunks put into lines. */

interface Hunk {
  /** First line in the old and the new file, from 1. */
  oldStart: number;
  newStart: number;
  /** With their ` `, `-` or `+` in front. */
  lines: string[];
  /** The old, the new file ends without a newline behind this hunk. */
  oldOpen: boolean;
  newOpen: boolean;
}

export interface FilePatch {
  from: string;
  to: string;
  hunks: Hunk[];
  /** Where it begins in the input, from 1. */
  line: number;
  text: string;
}

export function parsePatch(text: string): FilePatch[] {
  const lines = text.split('\n');
  const patches: FilePatch[] = [];
  const nameIn = (line: string) => line.slice(4).split('\t')[0]!.trim();
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i]!.startsWith('--- ') || !lines[i + 1]?.startsWith('+++ ')) continue;
    const start = i;
    const patch: FilePatch = {
      from: nameIn(lines[i]!),
      to: nameIn(lines[i + 1]!),
      hunks: [],
      line: i + 1,
      text: '',
    };
    i += 2;
    for (let match; (match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(lines[i] ?? ''));) {
      let [old, fresh] = [Number(match[2] ?? 1), Number(match[4] ?? 1)];
      const hunk: Hunk = {
        oldStart: Number(match[1]),
        newStart: Number(match[3]),
        lines: [],
        oldOpen: false,
        newOpen: false,
      };
      for (i++; i < lines.length; i++) {
        const line = lines[i]!;
        if (line.startsWith('\\')) {
          const sign = hunk.lines.at(-1)?.[0];
          if (sign !== '+') hunk.oldOpen = true;
          if (sign !== '-') hunk.newOpen = true;
          continue;
        }
        if (old <= 0 && fresh <= 0) break;
        const sign = line[0] ?? ' ';
        if (!' -+'.includes(sign)) break;
        hunk.lines.push(line === '' ? ' ' : line);
        if (sign !== '+') old--;
        if (sign !== '-') fresh--;
      }
      patch.hunks.push(hunk);
    }
    patch.text = `${lines.slice(start, i).join('\n')}\n`;
    patches.push(patch);
    i--;
  }
  return patches;
}

/** Lines of context that may be wrong at each end. */
const MAX_FUZZ = 2;

/** @param before the file split at newlines: a last empty string when it ends with one */
export function applyHunks(
  before: string[],
  hunks: readonly Hunk[],
  reverse: boolean,
): { lines: string[]; reports: string[]; failed: number } {
  const lines = [...before];
  const reports: string[] = [];
  let failed = 0;
  let shift = 0;
  for (const [index, hunk] of hunks.entries()) {
    const [minus, plus] = reverse ? ['+', '-'] : ['-', '+'];
    const old = hunk.lines.filter((line) => line[0] !== plus).map((line) => line.slice(1));
    const fresh = hunk.lines.filter((line) => line[0] !== minus).map((line) => line.slice(1));
    const start = reverse ? hunk.newStart : hunk.oldStart;
    // A hunk without old lines stands behind the line that it names.
    const wanted = Math.max(0, start - (old.length === 0 ? 0 : 1)) + shift;
    const context = contextOf(hunk.lines);
    let placed = false;
    for (let fuzz = 0; fuzz <= MAX_FUZZ && !placed; fuzz++) {
      const [head, tail] = [Math.min(fuzz, context.head), Math.min(fuzz, context.tail)];
      const part = old.slice(head, old.length - tail);
      const at = find(lines, part, wanted + head);
      if (at === undefined) continue;
      placed = true;
      lines.splice(at, part.length, ...fresh.slice(head, fresh.length - tail));
      const [oldOpen, newOpen] = reverse ? [hunk.newOpen, hunk.oldOpen] : [hunk.oldOpen, hunk.newOpen];
      if (newOpen && !oldOpen && lines.at(-1) === '') lines.pop();
      else if (oldOpen && !newOpen && lines.at(-1) !== '') lines.push('');
      const offset = at - head - wanted;
      if (offset !== 0 || fuzz > 0)
        reports.push(
          `Hunk #${index + 1} succeeded at ${at - head + 1}${fuzz > 0 ? ` with fuzz ${fuzz}` : ''}${offset === 0 ? '' : ` (offset ${offset} line${offset === 1 ? '' : 's'})`}.`,
        );
      shift += offset + fresh.length - old.length;
    }
    if (placed) continue;
    failed++;
    reports.push(`Hunk #${index + 1} FAILED at ${start}.`);
  }
  return { lines, reports, failed };
}

function contextOf(lines: readonly string[]): { head: number; tail: number } {
  const head = lines.findIndex((line) => line[0] !== ' ');
  const tail = [...lines].reverse().findIndex((line) => line[0] !== ' ');
  return { head: Math.max(0, head), tail: Math.max(0, tail) };
}

/** Where `part` stands, nearest to `wanted`. */
function find(lines: readonly string[], part: readonly string[], wanted: number): number | undefined {
  const fits = (at: number) =>
    at >= 0 && at + part.length <= lines.length && part.every((line, i) => lines[at + i] === line);
  for (let distance = 0; distance <= lines.length; distance++) {
    if (fits(wanted + distance)) return wanted + distance;
    if (fits(wanted - distance)) return wanted - distance;
  }
  return undefined;
}
