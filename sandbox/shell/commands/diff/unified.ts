/** Hunks of unified diffs. */
import type { Edit } from './edit-script.ts';

/** Lines with their newline; the last may lack it. */
export const linesWithEnds = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

export const markedLine = (sign: string, line: string): string =>
  line.endsWith('\n') ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`;

/**
 * @param context lines around each change
 * @param heading what stands behind the second `@@` of a hunk that begins at line `start` of the left (from 0)
 */
export function unifiedHunks(
  left: readonly string[],
  right: readonly string[],
  edits: readonly Edit[],
  context: number,
  heading?: (start: number) => string,
): string {
  let out = '';
  for (let i = 0; i < edits.length;) {
    let j = i;
    while (j + 1 < edits.length && edits[j + 1]!.a0 - edits[j]!.a1 <= 2 * context) j++;
    const [first, last] = [edits[i]!, edits[j]!];
    const [a0, b0] = [Math.max(0, first.a0 - context), Math.max(0, first.b0 - context)];
    const [a1, b1] = [Math.min(left.length, last.a1 + context), Math.min(right.length, last.b1 + context)];
    const span = (from: number, to: number) =>
      to - from === 1 ? String(from + 1) : `${to === from ? from : from + 1},${to - from}`;
    out += `@@ -${span(a0, a1)} +${span(b0, b1)} @@${heading?.(a0) ?? ''}\n`;
    let at = a0;
    for (const edit of edits.slice(i, j + 1)) {
      for (; at < edit.a0; at++) out += markedLine(' ', left[at]!);
      for (; at < edit.a1; at++) out += markedLine('-', left[at]!);
      for (const line of right.slice(edit.b0, edit.b1)) out += markedLine('+', line);
    }
    for (; at < a1; at++) out += markedLine(' ', left[at]!);
    i = j + 1;
  }
  return out;
}
