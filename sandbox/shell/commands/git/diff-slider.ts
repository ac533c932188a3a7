/**
 * Where a change stands when it could stand in several places: git slides it as far down as it goes and then back to
 * the line whose indentation splits the text best (xdl_change_compact and its indent heuristic in xdiff).
 */
import type { Edit } from '../diff/edit-script.ts';

const MAX_INDENT = 200;
const MAX_BLANKS = 20;
const MAX_SLIDING = 100;

/** xdiff's weights, found by its authors on a corpus of commits. */
const WEIGHT = {
  startOfFile: 1,
  endOfFile: 21,
  totalBlank: -30,
  postBlank: 6,
  relativeIndent: -4,
  relativeIndentWithBlank: 10,
  relativeOutdent: 24,
  relativeOutdentWithBlank: 17,
  relativeDedent: 23,
  relativeDedentWithBlank: 17,
  indent: 60,
} as const;

/** Slides pure insertions and pure deletions; a change of lines stays. */
export function slideEdits(
  left: readonly string[],
  right: readonly string[],
  edits: readonly Edit[],
): Edit[] {
  const result: Edit[] = [];
  for (let i = edits.length - 1; i >= 0; i--) {
    const edit = edits[i]!;
    const limit = result[0];
    const [before, after] = [edits[i - 1], limit];
    if (edit.a0 === edit.a1) {
      const shift = bestShift(right, edit.b0, edit.b1, before?.b1 ?? 0, after?.b0 ?? right.length);
      result.unshift({ a0: edit.a0 + shift, a1: edit.a1 + shift, b0: edit.b0 + shift, b1: edit.b1 + shift });
    } else if (edit.b0 === edit.b1) {
      const shift = bestShift(left, edit.a0, edit.a1, before?.a1 ?? 0, after?.a0 ?? left.length);
      result.unshift({ a0: edit.a0 + shift, a1: edit.a1 + shift, b0: edit.b0 + shift, b1: edit.b1 + shift });
    } else result.unshift(edit);
  }
  return result;
}

/** How far the group of lines `start..end` moves, between `low` and `high`. */
function bestShift(lines: readonly string[], start: number, end: number, low: number, high: number): number {
  let [down, up] = [0, 0];
  while (end + down < high && lines[start + down] === lines[end + down]) down++;
  while (start - up > low && lines[start - up - 1] === lines[end - up - 1]) up++;
  if (down + up === 0) return 0;
  const length = end - start;
  const lowest = Math.max(-up, down - length - 1, down - MAX_SLIDING);
  let best: { shift: number; score: Score } | undefined;
  for (let shift = lowest; shift <= down; shift++) {
    const score: Score = { indent: 0, penalty: 0 };
    addSplit(lines, end + shift, score);
    addSplit(lines, start + shift, score);
    if (!best || compare(score, best.score) <= 0) best = { shift, score };
  }
  return best!.shift;
}

interface Score {
  indent: number;
  penalty: number;
}

const compare = (a: Score, b: Score): number =>
  WEIGHT.indent * Math.sign(a.indent - b.indent) + (a.penalty - b.penalty);

/** -1 for a blank line. */
function indentOf(line: string): number {
  let width = 0;
  for (const char of line) {
    if (char === ' ') width++;
    else if (char === '\t') width += 8 - (width % 8);
    else if (!/\s/.test(char)) return Math.min(width, MAX_INDENT);
  }
  return -1;
}

/** What it costs to split the text in front of line `at`. */
function addSplit(lines: readonly string[], at: number, score: Score): void {
  const endOfFile = at >= lines.length;
  const indent = endOfFile ? -1 : indentOf(lines[at]!);
  let [preBlank, preIndent] = [0, -1];
  for (let i = at - 1; i >= 0 && preIndent === -1; i--) {
    preIndent = indentOf(lines[i]!);
    if (preIndent === -1 && ++preBlank === MAX_BLANKS) preIndent = 0;
  }
  let [postBlank, postIndent] = [0, -1];
  for (let i = at + 1; i < lines.length && postIndent === -1; i++) {
    postIndent = indentOf(lines[i]!);
    if (postIndent === -1 && ++postBlank === MAX_BLANKS) postIndent = 0;
  }
  if (preIndent === -1 && preBlank === 0) score.penalty += WEIGHT.startOfFile;
  if (endOfFile) score.penalty += WEIGHT.endOfFile;
  const blanksAfter = indent === -1 ? 1 + postBlank : 0;
  const totalBlank = preBlank + blanksAfter;
  score.penalty += WEIGHT.totalBlank * totalBlank + WEIGHT.postBlank * blanksAfter;
  const own = indent !== -1 ? indent : postIndent;
  const anyBlanks = totalBlank !== 0;
  score.indent += own;
  if (own === -1 || preIndent === -1 || own === preIndent) return;
  if (own > preIndent) score.penalty += anyBlanks ? WEIGHT.relativeIndentWithBlank : WEIGHT.relativeIndent;
  else if (postIndent !== -1 && postIndent > own)
    score.penalty += anyBlanks ? WEIGHT.relativeOutdentWithBlank : WEIGHT.relativeOutdent;
  else score.penalty += anyBlanks ? WEIGHT.relativeDedentWithBlank : WEIGHT.relativeDedent;
}
