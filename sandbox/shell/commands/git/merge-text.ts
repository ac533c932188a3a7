/** Three versions of a text into one, with markers where both sides changed the same lines (xdiff's merge, zealous). */
import type { Process } from '../../../os/process.ts';
import { linesWithEnds } from '../diff/unified.ts';
import { lineEdits } from './patch-text.ts';

export interface MergedText {
  text: string;
  conflicts: number;
}

export interface MergeLabels {
  ours: string;
  theirs: string;
  /** With merge.conflictStyle=diff3: what to call the common ancestor. */
  base?: string;
}

interface Part {
  kind: 'agreed' | 'conflict';
  ours: string[];
  base: string[];
  theirs: string[];
}

/** Conflicts with so few lines between them become one. */
const JOINED_LINES = 3;

export async function mergeTexts(
  process: Process,
  base: string,
  ours: string,
  theirs: string,
  labels: MergeLabels,
): Promise<MergedText> {
  const [o, a, b] = [linesWithEnds(base), linesWithEnds(ours), linesWithEnds(theirs)];
  const [mine, yours] = [await lineEdits(process, o, a), await lineEdits(process, o, b)];
  const parts: Part[] = [];
  const agreed = (lines: string[]) => parts.push({ kind: 'agreed', ours: lines, base: lines, theirs: lines });
  let [at, i, j] = [0, 0, 0];
  // How far a line of the base lies from its place in ours and in theirs.
  let [mineShift, yourShift] = [0, 0];
  while (i < mine.length || j < yours.length) {
    const [m, y] = [mine[i], yours[j]];
    const start = Math.min(m?.a0 ?? Infinity, y?.a0 ?? Infinity);
    agreed(o.slice(at, start));
    // The changes that touch each other, on both sides, from here on.
    let end = start;
    let [nextI, nextJ] = [i, j];
    const touches = (edit: { a0: number; a1: number } | undefined) => edit !== undefined && edit.a0 <= end;
    for (let grown = true; grown;) {
      grown = false;
      while (touches(mine[nextI])) {
        end = Math.max(end, mine[nextI++]!.a1);
        grown = true;
      }
      while (touches(yours[nextJ])) {
        end = Math.max(end, yours[nextJ++]!.a1);
        grown = true;
      }
    }
    const shiftOf = (edits: typeof mine, from: number, to: number, shift: number) =>
      edits.slice(from, to).reduce((sum, edit) => sum + (edit.b1 - edit.b0) - (edit.a1 - edit.a0), shift);
    const [mineEnd, yourEnd] = [shiftOf(mine, i, nextI, mineShift), shiftOf(yours, j, nextJ, yourShift)];
    const [left, middle, right] = [
      a.slice(start + mineShift, end + mineEnd),
      o.slice(start, end),
      b.slice(start + yourShift, end + yourEnd),
    ];
    if (nextI === i) agreed(right);
    else if (nextJ === j || left.join('') === right.join('')) agreed(left);
    else if (labels.base !== undefined)
      parts.push({ kind: 'conflict', ours: left, base: middle, theirs: right });
    else parts.push(...(await refined(process, left, right)));
    [mineShift, yourShift, i, j, at] = [mineEnd, yourEnd, nextI, nextJ, end];
  }
  agreed(o.slice(at));
  return render(joined(parts), labels);
}

/** A conflict split where both sides have the same lines. */
async function refined(process: Process, ours: string[], theirs: string[]): Promise<Part[]> {
  const parts: Part[] = [];
  let at = 0;
  for (const { a0, a1, b0, b1 } of await lineEdits(process, ours, theirs)) {
    const same = ours.slice(at, a0);
    if (same.length > 0) parts.push({ kind: 'agreed', ours: same, base: same, theirs: same });
    parts.push({ kind: 'conflict', ours: ours.slice(a0, a1), base: [], theirs: theirs.slice(b0, b1) });
    at = a1;
  }
  const rest = ours.slice(at);
  if (rest.length > 0) parts.push({ kind: 'agreed', ours: rest, base: rest, theirs: rest });
  return parts;
}

function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts.filter(({ ours, theirs }) => ours.length + theirs.length > 0)) {
    const [before, between] = [result.at(-2), result.at(-1)];
    if (part.kind === 'conflict' && between?.kind === 'conflict') append(between, part);
    else if (part.kind === 'agreed' && between?.kind === 'agreed') append(between, part);
    else if (
      part.kind === 'conflict' &&
      before?.kind === 'conflict' &&
      between!.ours.length <= JOINED_LINES
    ) {
      result.pop();
      append(before, between!);
      append(before, part);
    } else result.push({ ...part, ours: [...part.ours], base: [...part.base], theirs: [...part.theirs] });
  }
  return result;
}

function append(to: Part, part: Part): void {
  to.ours.push(...part.ours);
  to.base.push(...part.base);
  to.theirs.push(...part.theirs);
}

function render(parts: readonly Part[], labels: MergeLabels): MergedText {
  const closed = (lines: readonly string[]) =>
    lines.at(-1)?.endsWith('\n') === false ? `${lines.join('')}\n` : lines.join('');
  const texts = parts.map(({ kind, ours, base, theirs }) =>
    kind === 'agreed'
      ? ours.join('')
      : `<<<<<<< ${labels.ours}\n${closed(ours)}${labels.base === undefined ? '' : `||||||| ${labels.base}\n${closed(base)}`}=======\n${closed(theirs)}>>>>>>> ${labels.theirs}\n`,
  );
  return { text: texts.join(''), conflicts: parts.filter(({ kind }) => kind === 'conflict').length };
}
