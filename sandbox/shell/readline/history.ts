/** The list of past commands: walking through it, searching it, `!!` and its relatives, and the file it lives in. */
import { decode, encode } from '../../core/bytes.ts';
import type { Process } from '../../os/process.ts';

const MAX_ENTRIES = 1000;

export class History {
  readonly entries: string[];
  readonly #process: Process;
  readonly #path: string | undefined;

  /** @param entries the shell's own list, which is filled from the file */
  constructor(process: Process, entries: string[], path: string | undefined) {
    this.#process = process;
    this.entries = entries;
    this.#path = path;
    if (path === undefined) return;
    try {
      const text = decode(process.fileSystem.readFile(process.resolve(path)));
      entries.push(
        ...text
          .split('\n')
          .filter((line) => line !== '')
          .slice(-MAX_ENTRIES),
      );
    } catch {
      // No history yet.
    }
  }

  /** Remembers a command, in the file at once. Repeats and what begins with a blank are left out. */
  add(command: string): void {
    const text = command.replace(/\n+$/, '');
    if (text.trim() === '' || /^\s/.test(text) || this.entries.at(-1) === text) return;
    this.entries.push(text);
    if (this.entries.length > MAX_ENTRIES) this.entries.splice(0, this.entries.length - MAX_ENTRIES);
    if (this.#path === undefined) return;
    const files = this.#process.fileSystem;
    try {
      files.appendFile(this.#process.resolve(this.#path), encode(`${text}\n`));
    } catch {
      // Full or read-only: the history of this session stays in memory.
    }
  }
}

/** `event not found` and the like, in bash's words. */
export class HistoryError extends Error {}

/** Expands `!…` and `^old^new`. The text comes back unchanged when there is nothing to expand. */
export function expandHistory(line: string, entries: readonly string[]): string {
  const quick = /^\^([^^]+)\^([^^]*)\^?$/.exec(line);
  if (quick) {
    const last = entries.at(-1);
    if (last === undefined || !last.includes(quick[1]!))
      throw new HistoryError(`:s${line}: substitution failed`);
    return last.replace(quick[1]!, () => quick[2]!);
  }
  if (!line.includes('!')) return line;
  let out = '';
  let single = false;
  let double = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '\\' && !single) {
      out += char + (line[++i] ?? '');
      continue;
    }
    if (char === "'" && !double) single = !single;
    else if (char === '"' && !single) double = !double;
    if (char !== '!' || single) {
      out += char;
      continue;
    }
    const next = line[i + 1];
    if (next === undefined || /[\s=(]/.test(next) || (double && next === '"')) {
      out += char;
      continue;
    }
    const [text, end] = expandEvent(line, i, entries);
    out += text;
    i = end - 1;
  }
  return out;
}

/** The event designator at `at` with its word designator and modifiers; and the index behind them. */
function expandEvent(line: string, at: number, entries: readonly string[]): [string, number] {
  const rest = line.slice(at + 1);
  const match = /^(!|-?\d+|\?[^?\n]+\??|(?=[$^*:])|[^\s:;|&()<>"'$^*!]+)/.exec(rest);
  const designator = match?.[1] ?? '';
  let end = at + 1 + designator.length;
  let event: string | undefined;
  if (designator === '!' || designator === '') event = entries.at(-1);
  else if (/^-\d+$/.test(designator)) event = entries.at(Number(designator));
  else if (/^\d+$/.test(designator)) event = entries[Number(designator) - 1];
  else if (designator.startsWith('?'))
    event = entries.findLast((entry) => entry.includes(designator.slice(1).replace(/\?$/, '')));
  else event = entries.findLast((entry) => entry.startsWith(designator));
  if (event === undefined) throw new HistoryError(`!${designator || rest[0]}: event not found`);
  const words = event.match(/"(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s"'\\])+/g) ?? [];
  const word = /^(?::?([$^*])|:(\d+)(?:-(\d+|\$)?)?(\*)?)/.exec(line.slice(end));
  let text = event;
  if (word) {
    end += word[0].length;
    if (word[1] === '$') text = words.at(-1) ?? '';
    else if (word[1] === '^') text = words[1] ?? '';
    else if (word[1] === '*') text = words.slice(1).join(' ');
    else {
      const first = Number(word[2]);
      if (first >= words.length) throw new HistoryError(`${word[0]}: bad word specifier`);
      const last = word[4]
        ? words.length - 1
        : word[3] === '$'
          ? words.length - 1
          : word[3]
            ? Number(word[3])
            : word[0].includes('-')
              ? words.length - 2
              : first;
      text = words.slice(first, last + 1).join(' ');
    }
  }
  for (let modifier; (modifier = /^:([htrepq]|s\/([^/]*)\/([^/]*)\/?)/.exec(line.slice(end)));) {
    end += modifier[0].length;
    if (modifier[1] === 'h') text = text.replace(/\/[^/]*$/, '');
    else if (modifier[1] === 't') text = text.replace(/^.*\//, '');
    else if (modifier[1] === 'r') text = text.replace(/\.[^./]*$/, '');
    else if (modifier[1] === 'e') text = /\.[^./]*$/.exec(text)?.[0] ?? '';
    else if (modifier[1]!.startsWith('s')) text = text.replace(modifier[2]!, () => modifier![3]!);
  }
  return [text, end];
}
