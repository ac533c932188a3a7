/** Changes as git prints them: patches, `--stat`, `--numstat`, `--name-only`, `--name-status`, `--summary`. */
import { decode } from '../../../core/bytes.ts';
import type { Process } from '../../../os/process.ts';
import { textWidth } from '../columns.ts';
import { editScript, type Edit } from '../diff/edit-script.ts';
import { linesWithEnds, unifiedHunks } from '../diff/unified.ts';
import { slideEdits } from './diff-slider.ts';
import { NO_ID } from './refs.ts';
import { abbreviate } from './revision.ts';
import type { Repository } from './repository.ts';
import type { Change, ReadBlob } from './tree-diff.ts';

export interface PatchOptions {
  context: number;
  /** -w, -b: what lines are compared by. */
  normal: (line: string) => string;
  paint: (style: Style, text: string) => string;
  /** Columns that --stat may use. */
  width: number;
}

export type Style = 'meta' | 'fragment' | 'old' | 'new' | 'commit' | 'plain';

/** git calls a file binary that has a zero byte near its start. */
const isBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, 8000).includes(0);

async function bothSides(change: Change, read: ReadBlob): Promise<[Uint8Array, Uint8Array]> {
  const empty = new Uint8Array(0);
  return [change.old ? await read(change.old.id) : empty, change.new ? await read(change.new.id) : empty];
}

export async function lineEdits(
  process: Process,
  left: string[],
  right: string[],
  normal = (line: string) => line,
): Promise<Edit[]> {
  return slideEdits(left, right, await editScript(process, left, right, normal));
}

export async function patchText(
  repository: Repository,
  changes: readonly Change[],
  read: ReadBlob,
  options: PatchOptions,
): Promise<string> {
  let out = '';
  for (const change of changes) out += await filePatch(repository, change, read, options);
  return out;
}

async function filePatch(
  repository: Repository,
  change: Change,
  read: ReadBlob,
  options: PatchOptions,
): Promise<string> {
  if (change.status === 'U') return `* Unmerged path ${change.path}\n`;
  if (change.status === 'T') {
    const { old, new: fresh, path } = change;
    return (
      (await filePatch(repository, { status: 'D', path, old, new: undefined }, read, options)) +
      (await filePatch(repository, { status: 'A', path, old: undefined, new: fresh }, read, options))
    );
  }
  const { path, from = path, old, new: fresh } = change;
  const head = [`diff --git a/${from} b/${path}`];
  const octal = (mode: number) => mode.toString(8);
  if (!old) head.push(`new file mode ${octal(fresh!.mode)}`);
  else if (!fresh) head.push(`deleted file mode ${octal(old.mode)}`);
  else if (old.mode !== fresh.mode) head.push(`old mode ${octal(old.mode)}`, `new mode ${octal(fresh.mode)}`);
  if (change.from !== undefined)
    head.push(`similarity index ${change.similarity}%`, `rename from ${from}`, `rename to ${path}`);
  if (old?.id !== fresh?.id) {
    const short = (id: string | undefined) =>
      id === undefined ? NO_ID.slice(0, 7) : abbreviate(repository, id);
    head.push(
      `index ${short(old?.id)}..${short(fresh?.id)}${old && fresh && old.mode === fresh.mode ? ` ${octal(old.mode)}` : ''}`,
    );
  }
  const [a, b] = await bothSides(change, read);
  const names = [old ? `a/${from}` : '/dev/null', fresh ? `b/${path}` : '/dev/null'];
  let hunks = '';
  if (isBinary(a) || isBinary(b)) {
    if (old?.id !== fresh?.id) hunks = `Binary files ${names[0]} and ${names[1]} differ\n`;
  } else {
    const [left, right] = [linesWithEnds(decode(a)), linesWithEnds(decode(b))];
    const edits = await lineEdits(repository.process, left, right, options.normal);
    if (edits.length > 0) {
      head.push(
        `--- ${names[0]}${names[0]!.includes(' ') ? '\t' : ''}`,
        `+++ ${names[1]}${names[1]!.includes(' ') ? '\t' : ''}`,
      );
      hunks = unifiedHunks(left, right, edits, options.context, (start) => heading(left, start));
    }
  }
  return head.map((line) => `${options.paint('meta', line)}\n`).join('') + painted(hunks, options.paint);
}

/** The nearest line above that begins like a function (xdiff's default). */
export function heading(lines: readonly string[], start: number): string {
  for (let i = start - 1; i >= 0; i--)
    if (/^[A-Za-z_$]/.test(lines[i]!)) return ` ${lines[i]!.slice(0, 80).trimEnd()}`.trimEnd();
  return '';
}

const painted = (hunks: string, paint: PatchOptions['paint']): string =>
  hunks
    .split('\n')
    .map((line) => {
      if (line === '') return line;
      if (line[0] === '@') {
        const [, range, rest] = /^(@@ [^@]* @@)(.*)$/.exec(line)!;
        return paint('fragment', range!) + rest!;
      }
      return line[0] === '-' ? paint('old', line) : line[0] === '+' ? paint('new', line) : line;
    })
    .join('\n');

interface Count {
  change: Change;
  name: string;
  added: number;
  deleted: number;
  /** Sizes in bytes, of a binary file. */
  binary?: [number, number];
}

async function counts(
  process: Process,
  changes: readonly Change[],
  read: ReadBlob,
  normal: (line: string) => string,
): Promise<Count[]> {
  const result: Count[] = [];
  for (const change of changes) {
    const name = change.from === undefined ? change.path : renameText(change.from, change.path);
    const [a, b] = await bothSides(change, read);
    if (isBinary(a) || isBinary(b)) {
      result.push({ change, name, added: 0, deleted: 0, binary: [a.length, b.length] });
      continue;
    }
    let [added, deleted] = [0, 0];
    for (const edit of await editScript(
      process,
      linesWithEnds(decode(a)),
      linesWithEnds(decode(b)),
      normal,
    )) {
      deleted += edit.a1 - edit.a0;
      added += edit.b1 - edit.b0;
    }
    result.push({ change, name, added, deleted });
  }
  return result;
}

/** `a/{b => c}/d`. */
export function renameText(from: string, to: string): string {
  let start = 0;
  for (let i = 0; i < from.length && from[i] === to[i]; i++) if (from[i] === '/') start = i + 1;
  let end = 0;
  for (
    let i = 1;
    i <= from.length - start + 1 && i <= to.length - start + 1 && from.at(-i) === to.at(-i);
    i++
  )
    if (from.at(-i) === '/') end = i;
  const middle = (path: string) => path.slice(start, Math.max(start, path.length - end));
  const text = `${middle(from)} => ${middle(to)}`;
  return start + end === 0
    ? text
    : `${from.slice(0, start)}{${text}}${end === 0 ? '' : to.slice(to.length - end)}`;
}

export async function statText(
  process: Process,
  changes: readonly Change[],
  read: ReadBlob,
  options: PatchOptions,
): Promise<string> {
  const rows = await counts(process, changes, read, options.normal);
  if (rows.length === 0) return '';
  const most = Math.max(...rows.map(({ added, deleted }) => added + deleted));
  const numberWidth = Math.max(String(most).length, rows.some(({ binary }) => binary) ? 3 : 0);
  let nameWidth = Math.max(...rows.map(({ name }) => textWidth(name)));
  let graphWidth = most;
  const room = options.width - numberWidth - 6;
  if (nameWidth + graphWidth > room) {
    const most38 = Math.floor((options.width * 3) / 8) - numberWidth - 6;
    if (graphWidth > most38) graphWidth = Math.max(most38, 6);
    if (nameWidth > room - graphWidth) nameWidth = room - graphWidth;
    else graphWidth = room - nameWidth;
  }
  const lines = rows.map(({ name, added, deleted, binary }) => {
    const shown =
      textWidth(name) > nameWidth
        ? shortened(name, nameWidth)
        : name + ' '.repeat(nameWidth - textWidth(name));
    if (binary) return ` ${shown} | ${'Bin'.padStart(numberWidth)} ${binary[0]} -> ${binary[1]} bytes`;
    const [plus, minus] = scaled(added, deleted, graphWidth, most);
    const graph = options.paint('new', '+'.repeat(plus)) + options.paint('old', '-'.repeat(minus));
    return ` ${shown} | ${String(added + deleted).padStart(numberWidth)}${graph === '' ? '' : ` ${graph}`}`;
  });
  return `${lines.join('\n')}\n${summaryLine(rows)}`;
}

/** The end of a path, from a slash on where one fits. */
function shortened(name: string, width: number): string {
  const rest = name.slice(name.length - width + 3);
  const slash = rest.indexOf('/');
  const text = `...${slash >= 0 ? rest.slice(slash) : rest}`;
  return text.padEnd(width);
}

function scaled(added: number, deleted: number, width: number, most: number): [number, number] {
  if (width >= most) return [added, deleted];
  const scale = (n: number) => (n === 0 ? 0 : 1 + Math.floor((n * (width - 1)) / most));
  let total = scale(added + deleted);
  if (total < 2 && added > 0 && deleted > 0) total = 2;
  if (added < deleted) {
    const plus = scale(added);
    return [plus, total - plus];
  }
  const minus = scale(deleted);
  return [total - minus, minus];
}

function summaryLine(rows: readonly Count[]): string {
  const total = (key: 'added' | 'deleted') => rows.reduce((sum, row) => sum + row[key], 0);
  const [added, deleted] = [total('added'), total('deleted')];
  let line = ` ${rows.length} file${rows.length === 1 ? '' : 's'} changed`;
  if (added > 0 || deleted === 0) line += `, ${added} insertion${added === 1 ? '' : 's'}(+)`;
  if (deleted > 0 || added === 0) line += `, ${deleted} deletion${deleted === 1 ? '' : 's'}(-)`;
  return `${line}\n`;
}

export async function shortStatText(
  process: Process,
  changes: readonly Change[],
  read: ReadBlob,
): Promise<string> {
  return changes.length === 0 ? '' : summaryLine(await counts(process, changes, read, (line) => line));
}

export async function numstatText(
  process: Process,
  changes: readonly Change[],
  read: ReadBlob,
): Promise<string> {
  const rows = await counts(process, changes, read, (line) => line);
  return rows
    .map(({ name, added, deleted, binary }) =>
      binary ? `-\t-\t${name}\n` : `${added}\t${deleted}\t${name}\n`,
    )
    .join('');
}

export const nameText = (changes: readonly Change[], withStatus: boolean): string =>
  changes
    .map(({ status, path, from, similarity }) => {
      if (!withStatus) return `${path}\n`;
      return from === undefined
        ? `${status}\t${path}\n`
        : `R${String(similarity).padStart(3, '0')}\t${from}\t${path}\n`;
    })
    .join('');

/** ` create mode 100644 a`, as `commit` and `merge` end with. */
export const summaryText = (changes: readonly Change[]): string =>
  changes
    .map(({ status, path, from, similarity, old, new: fresh }) => {
      if (status === 'A') return ` create mode ${fresh!.mode.toString(8)} ${path}\n`;
      if (status === 'D') return ` delete mode ${old!.mode.toString(8)} ${path}\n`;
      const mode =
        old && fresh && old.mode !== fresh.mode
          ? ` mode change ${old.mode.toString(8)} => ${fresh.mode.toString(8)}`
          : '';
      if (from !== undefined)
        return ` rename ${renameText(from, path)} (${similarity}%)\n${mode === '' ? '' : `${mode}\n`}`;
      return mode === '' ? '' : `${mode} ${path}\n`;
    })
    .join('');
