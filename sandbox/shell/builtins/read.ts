/** `read` and `mapfile`. */
import { concat, decode, encode } from '../../core/bytes.ts';
import { Errno } from '../../os/errno.ts';
import type { Process } from '../../os/process.ts';
import { settle, type Step } from '../coroutine.ts';
import { quoteSingle } from '../parameter-operations.ts';
import { readChunk, readUntil } from '../read-line.ts';
import type { Shell } from '../shell.ts';
import { IDENTIFIER, ReadonlyVariable } from '../variables.ts';

interface ReadOptions {
  array: string | undefined;
  delimiter: number;
  count: number | undefined;
  exact: boolean;
  prompt: string | undefined;
  raw: boolean;
  silent: boolean;
  timeoutMs: number | undefined;
  fd: number;
  names: string[];
}

function* parse(shell: Shell, argv: string[]): Step<ReadOptions | number> {
  const options: ReadOptions = {
    array: undefined,
    delimiter: 10,
    count: undefined,
    exact: false,
    prompt: undefined,
    raw: false,
    silent: false,
    timeoutMs: undefined,
    fd: 0,
    names: [],
  };
  const words = argv.slice(1);
  while (/^-./.test(words[0] ?? '')) {
    const word = words.shift()!;
    if (word === '--') break;
    for (let i = 1; i < word.length; i++) {
      const letter = word[i]!;
      if (letter === 'r') options.raw = true;
      else if (letter === 's') options.silent = true;
      else if (letter === 'e') continue;
      else if ('adinNptu'.includes(letter)) {
        const value = i + 1 < word.length ? word.slice(i + 1) : words.shift();
        if (value === undefined) {
          yield* shell.complain(`read: -${letter}: option requires an argument`);
          return 2;
        }
        if (letter === 'a') options.array = value;
        else if (letter === 'd') options.delimiter = encode(value)[0] ?? 0;
        else if (letter === 'n' || letter === 'N') {
          if (!/^\d+$/.test(value)) {
            yield* shell.complain(`read: ${value}: invalid number`);
            return 1;
          }
          options.count = Number(value);
          options.exact = letter === 'N';
        } else if (letter === 'p') options.prompt = value;
        else if (letter === 't') {
          options.timeoutMs = Number(value) * 1000;
          if (!/^\d*\.?\d*$/.test(value)) {
            yield* shell.complain(`read: ${value}: invalid timeout specification`);
            return 1;
          }
        } else if (letter === 'u') options.fd = Number(value);
        break;
      } else {
        yield* shell.complain(`read: -${letter}: invalid option`);
        yield (
          shell.process.printError(
            'read: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]\n',
          ) ?? Promise.resolve()
        );
        return 2;
      }
    }
  }
  options.names = words;
  for (const name of words) {
    if (IDENTIFIER.test(name.replace(/\[.*\]$/s, ''))) continue;
    yield* shell.complain(`read: \`${name}': not a valid identifier`);
    return 1;
  }
  return options;
}

export function* read(shell: Shell, argv: string[]): Step<number> {
  const options = yield* parse(shell, argv);
  if (typeof options === 'number') return options;
  const { process } = shell;
  const terminal = process.files[options.fd]?.terminal;
  if (options.prompt && terminal) yield process.printError(options.prompt) ?? Promise.resolve();
  if (terminal) {
    terminal.setRaw(false);
    if (options.silent) terminal.setEcho?.(false);
    if (options.count !== undefined) terminal.setCanonical?.(false);
  }
  let result: { text: string; ended: boolean; timedOut?: boolean };
  try {
    result =
      options.timeoutMs === undefined ? yield* take(process, options) : yield* takeInTime(process, options);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    yield* shell.complain(
      error.code === 'EBADF'
        ? `read: ${options.fd}: invalid file descriptor: Bad file descriptor`
        : `read: read error: ${options.fd}: ${error.message}`,
    );
    return 1;
  } finally {
    if (terminal && (options.silent || options.count !== undefined)) terminal.setRaw(false);
  }
  try {
    store(shell, options, result.text);
  } catch (error) {
    if (!(error instanceof ReadonlyVariable)) throw error;
    yield* shell.complain(error.message);
    return 1;
  }
  return result.timedOut ? 142 : result.ended ? 1 : 0;
}

/** The record, with backslash-newline joined unless raw. Backslashes are still in it. */
function* take(process: Process, options: ReadOptions): Step<{ text: string; ended: boolean }> {
  if (options.count !== undefined) return yield* takeCount(process, options);
  let text = '';
  for (;;) {
    const part = yield* readUntil(process, options.fd, options.delimiter);
    text += part.text;
    if (options.raw || part.ended || !/(^|[^\\])(\\\\)*\\$/.test(part.text) || options.delimiter !== 10)
      return { text, ended: part.ended };
    text = text.slice(0, -1);
  }
}

function* takeCount(process: Process, options: ReadOptions): Step<{ text: string; ended: boolean }> {
  const wanted = options.count!;
  const chunks: Uint8Array[] = [];
  if (wanted === 0) return { text: '', ended: false };
  for (;;) {
    const bytes = yield* readChunk(process, options.fd);
    if (bytes === null) return { text: chunks.length > 0 ? decode(concat(chunks)) : '', ended: true };
    chunks.push(bytes);
    const all = concat(chunks);
    const end = options.exact ? -1 : all.indexOf(options.delimiter);
    const text = decode(end < 0 ? all : all.subarray(0, end));
    const characters = [...text];
    if (characters.length < wanted && end < 0) continue;
    const taken = characters.slice(0, wanted).join('');
    const used =
      encode(taken).length +
      (characters.length < wanted || (end >= 0 && characters.length === wanted) ? 1 : 0);
    process.files[options.fd]?.operations.unread?.(all.subarray(Math.min(used, all.length)));
    return { text: taken, ended: false };
  }
}

/** `-t`: what has come by then is kept. `-t 0` only says whether there is input. */
function* takeInTime(
  process: Process,
  options: ReadOptions,
): Step<{ text: string; ended: boolean; timedOut?: boolean }> {
  const operations = process.files[options.fd]?.operations;
  if (!operations?.read) throw new Errno('EBADF');
  const deadline = process.machine.clock.now() + options.timeoutMs!;
  let text = '';
  for (;;) {
    const now = operations.readNow?.();
    if (now === null) return { text, ended: options.timeoutMs !== 0 };
    if (now !== undefined) {
      operations.unread?.(now);
      if (options.timeoutMs === 0) return { text: '', ended: false };
      if (options.count !== undefined || now.includes(options.delimiter))
        return yield* take(process, options);
      text += decode(now);
      operations.readNow?.();
      continue;
    }
    const leftMs = deadline - process.machine.clock.now();
    if (leftMs <= 0 || !operations.readable) return { text, ended: true, timedOut: options.timeoutMs !== 0 };
    let timer: { dispose(): void } | undefined;
    const timeout = new Promise<void>(
      (resolve) => (timer = process.machine.clock.setTimeout(resolve, leftMs)),
    );
    try {
      yield* settle(process.wait(Promise.race([operations.readable(), timeout])));
    } finally {
      timer?.dispose();
    }
  }
}

function store(shell: Shell, options: ReadOptions, text: string): void {
  const separators = shell.variables.get('IFS') ?? ' \t\n';
  const set = (name: string, value: string) => {
    const element = /^(\w+)\[(.*)\]$/s.exec(name);
    if (element) shell.variables.setElement(element[1]!, element[2]!, value);
    else shell.variables.set(name, value);
  };
  if (options.exact) return set(options.names[0] ?? 'REPLY', options.raw ? text : unbackslash(text));
  if (options.array !== undefined) {
    shell.variables.setList(options.array, splitFields(text, separators, Infinity, options.raw));
    return;
  }
  if (options.names.length === 0) return set('REPLY', options.raw ? text : unbackslash(text));
  const fields = splitFields(text, separators, options.names.length, options.raw);
  for (const [i, name] of options.names.entries()) set(name, fields[i] ?? '');
}

const unbackslash = (text: string): string => text.replace(/\\([\s\S]?)/g, '$1');

/** Splits as `read` does: at most `limit` fields, the last takes the rest with its separators. */
function splitFields(text: string, separators: string, limit: number, raw: boolean): string[] {
  const isSeparator = (i: number) => separators.includes(text[i]!) && text[i] !== undefined;
  const isBlank = (i: number) => isSeparator(i) && ' \t\n'.includes(text[i]!);
  const fields: string[] = [];
  let i = 0;
  while (i < text.length && isBlank(i)) i++;
  while (i < text.length) {
    if (fields.length === limit - 1) {
      fields.push(lastField(text.slice(i), separators, raw));
      return fields;
    }
    let field = '';
    while (i < text.length && !isSeparator(i)) {
      if (!raw && text[i] === '\\') i++;
      field += text[i++] ?? '';
    }
    fields.push(field);
    while (i < text.length && isBlank(i)) i++;
    if (i < text.length && isSeparator(i) && !isBlank(i)) {
      i++;
      while (i < text.length && isBlank(i)) i++;
    }
  }
  return fields;
}

function lastField(rest: string, separators: string, raw: boolean): string {
  const blanks = [...separators].filter((char) => ' \t\n'.includes(char));
  let end = rest.length;
  while (end > 0 && blanks.includes(rest[end - 1]!) && (raw || rest[end - 2] !== '\\')) end--;
  let text = rest.slice(0, end);
  // One field and its hard separator: the separator goes.
  const hard = [...separators].filter((char) => !' \t\n'.includes(char));
  if (
    hard.length > 0 &&
    hard.includes(text.at(-1)!) &&
    !Array.from(text.slice(0, -1)).some((char) => separators.includes(char))
  )
    text = text.slice(0, -1);
  return raw ? text : unbackslash(text);
}

export function* mapfile(shell: Shell, argv: string[]): Step<number> {
  let [strip, delimiter, count, origin, skip, fd] = [
    false,
    10,
    Infinity,
    undefined as number | undefined,
    0,
    0,
  ];
  let [callback, quantum] = [undefined as string | undefined, 5000];
  const words = argv.slice(1);
  while (/^-./.test(words[0] ?? '')) {
    const word = words.shift()!;
    if (word === '--') break;
    for (let i = 1; i < word.length; i++) {
      const letter = word[i]!;
      if (letter === 't') {
        strip = true;
        continue;
      }
      if (!'dnOsuCc'.includes(letter)) {
        yield* shell.complain(`${argv[0]}: -${letter}: invalid option`);
        return 2;
      }
      const value = i + 1 < word.length ? word.slice(i + 1) : (words.shift() ?? '');
      if (letter === 'd') delimiter = encode(value)[0] ?? 0;
      else if (letter === 'n') count = Number(value) || Infinity;
      else if (letter === 'O') origin = Number(value);
      else if (letter === 's') skip = Number(value);
      else if (letter === 'u') fd = Number(value);
      else if (letter === 'C') callback = value;
      else if (letter === 'c') quantum = Number(value) || 5000;
      break;
    }
  }
  const name = words[0] ?? 'MAPFILE';
  if (origin === undefined) shell.variables.setList(name, []);
  let index = origin ?? 0;
  const end = String.fromCharCode(delimiter);
  for (let i = 0; i < count + skip; i++) {
    const { text, ended } = yield* readUntil(shell.process, fd, delimiter);
    if (ended && text === '') break;
    if (i >= skip) {
      const line = strip || ended ? text : text + end;
      if (callback !== undefined && (i - skip + 1) % quantum === 0)
        yield* shell.interpreter.evaluate(shell, `${callback} ${index} ${quoteSingle(line)}`);
      shell.variables.setElement(name, String(index++), line);
    }
    if (ended) break;
  }
  return 0;
}
