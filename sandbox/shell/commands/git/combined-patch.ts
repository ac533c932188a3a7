/** `diff --cc`: a file against both sides of a merge at once, without the hunks that follow one side alone. */
import { decode } from '../../../core/bytes.ts';
import { linesWithEnds } from '../diff/unified.ts';
import type { PatchOptions } from './patch-text.ts';
import { heading, lineEdits } from './patch-text.ts';
import type { Repository } from './repository.ts';
import { abbreviate } from './revision.ts';

interface Lost {
  text: string;
  /** Bit per parent that had the line. */
  parents: number;
}

interface ResultLine {
  text: string;
  /** Bit per parent that does not have the line. */
  differs: number;
  /** Lines of the parents that are gone, in front of this one. */
  lost: Lost[];
}

export interface CombinedFile {
  path: string;
  parents: { id: string; body: Uint8Array }[];
  /** Id of the result; undefined for a file of the working tree. */
  id: string | undefined;
  body: Uint8Array;
  deleted?: boolean;
}

/** Empty when no hunk says more than that one side was taken. */
export async function combinedPatch(
  repository: Repository,
  file: CombinedFile,
  options: PatchOptions,
): Promise<string> {
  const texts = file.parents.map(({ body }) => linesWithEnds(decode(body)));
  const result = linesWithEnds(decode(file.body));
  const lines: ResultLine[] = [...result, ''].map((text) => ({ text, differs: 0, lost: [] }));
  for (const [n, text] of texts.entries())
    for (const { a0, a1, b0, b1 } of await lineEdits(repository.process, text, result)) {
      for (let i = b0; i < b1; i++) lines[i]!.differs |= 1 << n;
      addLost(lines[b0]!.lost, text.slice(a0, a1), 1 << n);
    }
  const hunks = hunksOf(lines, options.context, (1 << texts.length) - 1);
  if (hunks.length === 0) return '';
  const { paint } = options;
  const name = (id: string | undefined) => (id === undefined ? '0000000' : abbreviate(repository, id));
  let out = [
    `diff --cc ${file.path}`,
    `index ${file.parents.map(({ id }) => name(id)).join(',')}..${name(file.id)}`,
    `--- a/${file.path}`,
    `+++ ${file.deleted ? '/dev/null' : `b/${file.path}`}`,
  ].map((line) => `${paint('meta', line)}\n`).join(''); // prettier-ignore
  for (const [from, to] of hunks) {
    const ats = '@'.repeat(texts.length + 1);
    const spans = texts.map((_, n) => {
      const has = (line: ResultLine, i: number) =>
        (i < result.length && !(line.differs & (1 << n)) ? 1 : 0) +
        line.lost.filter(({ parents }) => parents & (1 << n)).length;
      const count = (start: number, end: number) =>
        lines.slice(start, end).reduce((sum, line, i) => sum + has(line, start + i), 0);
      const lostAtEnd =
        to === result.length ? lines[to]!.lost.filter(({ parents }) => parents & (1 << n)).length : 0;
      return `-${count(0, from) + 1},${count(from, to) + lostAtEnd}`;
    });
    out += `${paint('fragment', `${ats} ${spans.join(' ')} +${from + 1},${to - from} ${ats}`)}${heading(result, from)}\n`;
    for (let i = from; i <= Math.min(to, result.length); i++) {
      const line = lines[i]!;
      if (i === to && to !== result.length) break;
      for (const { text, parents } of line.lost)
        out += `${paint('old', texts.map((_, n) => (parents & (1 << n) ? '-' : ' ')).join('') + text.replace(/\n$/, ''))}\n`;
      if (i === result.length || i === to) break;
      const signs = texts.map((_, n) => (line.differs & (1 << n) ? '+' : ' ')).join('');
      const shown = signs + line.text.replace(/\n$/, '');
      out += `${signs.includes('+') ? paint('new', shown) : shown}\n`;
    }
  }
  return out;
}

/** Lines that both parents lost at the same place are one. */
function addLost(lost: Lost[], texts: readonly string[], parent: number): void {
  let at = 0;
  for (const text of texts) {
    const same = lost.findIndex((each, i) => i >= at && each.text === text && !(each.parents & parent));
    if (same >= 0) {
      lost[same]!.parents |= parent;
      at = same + 1;
    } else lost.splice(at++, 0, { text, parents: parent });
  }
}

/** Ranges of result lines with a change and its context. */
function hunksOf(lines: readonly ResultLine[], context: number, all: number): [number, number][] {
  const end = lines.length - 1;
  const ranges: { from: number; to: number; changed: number[] }[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.differs === 0 && line.lost.length === 0) continue;
    const [from, to] = [
      Math.max(0, i - context),
      Math.min(end, i + context + (i < end && line.differs ? 1 : 0)),
    ];
    const last = ranges.at(-1);
    if (last && from <= last.to) {
      last.to = Math.max(last.to, to);
      last.changed.push(i);
    } else ranges.push({ from, to, changed: [i] });
  }
  return ranges
    .filter(({ changed }) => {
      const sets = new Set(
        changed.flatMap((i) => [
          ...(lines[i]!.differs ? [lines[i]!.differs] : []),
          ...lines[i]!.lost.map(({ parents }) => parents),
        ]),
      );
      return sets.size > 1 || sets.has(all);
    })
    .map(({ from, to }) => [from, to]);
}
