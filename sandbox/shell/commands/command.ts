/** What GNU commands share: getopt's way with options, its messages, `--help`. */
import type { Program } from '../../os/machine.ts';
import { Errno } from '../../os/errno.ts';
import type { Process } from '../../os/process.ts';

export interface CommandSpec {
  /** As for getopt(3): `ab:c` is -a, -b VALUE, -c. A leading `+` ends options at the first operand. */
  short: string;
  /** Long names → the letter they stand for, or a key of their own; `key:` takes a value, `key?` may take one. */
  long?: Record<string, string>;
  /** The line behind `Usage: `, and what follows it. */
  usage: string;
  /** Exit code of a usage error; default 1. */
  usageExitCode?: number;
  /** `-5` is an operand or `-n 5` (head, tail), not options. */
  numbers?: (number: string) => [string, string];
  /** `-5` is an operand (seq). */
  negativeNumbers?: boolean;
}

/** Options as they were given. */
export class Options {
  readonly list: [key: string, value: string | undefined][] = [];

  has(key: string): boolean {
    return this.list.some(([each]) => each === key);
  }

  /** The last value given. */
  get(key: string): string | undefined {
    return this.list.findLast(([each]) => each === key)?.[1];
  }

  all(key: string): string[] {
    return this.list.filter(([each]) => each === key).map(([, value]) => value ?? '');
  }

  /** Of several options that exclude each other, the one given last. */
  last(...keys: string[]): string | undefined {
    return this.list.findLast(([each]) => keys.includes(each))?.[0];
  }
}

/** Ends the command with a message in front of `Try '… --help'`. */
export class UsageError extends Error {}

/** Ends the command with a message and an exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export type CommandBody = (process: Process, options: Options, operands: string[]) => Promise<number | void>;

export function defineCommand(spec: CommandSpec, body: CommandBody): Program {
  return async (process) => {
    const name = commandName(process);
    try {
      const { options, operands } = parseOptions(process.argv.slice(1), spec);
      if (options.has('help')) {
        await process.print(`Usage: ${spec.usage}\n`);
        return 0;
      }
      return (await body(process, options, operands)) ?? 0;
    } catch (error) {
      if (error instanceof UsageError) {
        await process.printError(`${name}: ${error.message}\nTry '${name} --help' for more information.\n`);
        return spec.usageExitCode ?? 1;
      }
      if (error instanceof CommandError) {
        await process.printError(`${name}: ${error.message}\n`);
        return error.exitCode;
      }
      throw error;
    }
  };
}

/** A program that reads its words in its own way and still answers `--help`. */
export const withUsage =
  (usage: string, program: Program): Program =>
  async (process) => {
    if (process.argv.length !== 2 || process.argv[1] !== '--help') return await program(process);
    await process.print(`Usage: ${usage}\n`);
    return 0;
  };

export const commandName = (process: Process): string => (process.argv[0] ?? '').split('/').at(-1)!;

function parseOptions(args: readonly string[], spec: CommandSpec): { options: Options; operands: string[] } {
  const options = new Options();
  const operands: string[] = [];
  const permute = !spec.short.startsWith('+');
  const short = spec.short.replace(/^\+/, '');
  const long: Record<string, string> = { ...spec.long, help: 'help' };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    const number = spec.numbers && /^-\d+/.test(word) ? spec.numbers(word.slice(1)) : undefined;
    if (number) options.list.push(number);
    else if (word.startsWith('--')) i = parseLong(word, args, i, long, short, options);
    else if (word.length > 1 && word.startsWith('-') && !(spec.negativeNumbers && /^-[\d.]/.test(word)))
      i = parseShort(word, args, i, short, options);
    else {
      operands.push(word);
      if (permute) continue;
      operands.push(...args.slice(i + 1));
      break;
    }
  }
  return { options, operands };
}

function parseLong(
  word: string,
  args: readonly string[],
  at: number,
  long: Record<string, string>,
  short: string,
  options: Options,
): number {
  const equals = word.indexOf('=');
  const given = word.slice(2, equals < 0 ? undefined : equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const names = Object.keys(long).filter((each) => each.startsWith(given));
  const name = Object.hasOwn(long, given) ? given : names.length === 1 ? names[0]! : undefined;
  if (name === undefined) {
    if (names.length > 1)
      throw new UsageError(
        `option '--${given}' is ambiguous; possibilities: ${names.map((each) => `'--${each}'`).join(' ')}`,
      );
    throw new UsageError(`unrecognized option '${equals < 0 ? word : word.slice(0, equals)}'`);
  }
  const target = long[name]!;
  const key = target.replace(/[:?]$/, '');
  const takes = target.endsWith(':') || (key.length === 1 && short.includes(`${key}:`));
  const may = target.endsWith('?');
  if (value !== undefined && !takes && !may)
    throw new UsageError(`option '--${name}' doesn't allow an argument`);
  if (takes && value === undefined) {
    if (at + 1 >= args.length) throw new UsageError(`option '--${name}' requires an argument`);
    options.list.push([key, args[at + 1]!]);
    return at + 1;
  }
  options.list.push([key, value]);
  return at;
}

function parseShort(
  word: string,
  args: readonly string[],
  at: number,
  short: string,
  options: Options,
): number {
  for (let j = 1; j < word.length; j++) {
    const letter = word[j]!;
    const index = letter === ':' ? -1 : short.indexOf(letter);
    if (index < 0) throw new UsageError(`invalid option -- '${letter}'`);
    if (short[index + 1] !== ':') {
      options.list.push([letter, undefined]);
      continue;
    }
    if (j + 1 < word.length) {
      options.list.push([letter, word.slice(j + 1)]);
      return at;
    }
    if (at + 1 >= args.length) throw new UsageError(`option requires an argument -- '${letter}'`);
    options.list.push([letter, args[at + 1]!]);
    return at + 1;
  }
  return at;
}

/** Writes `name: message` to standard error. */
export async function complain(process: Process, message: string): Promise<void> {
  await process.printError(`${commandName(process)}: ${message}\n`);
}

/** The text of a failed system call. Anything else is thrown on. */
export function errnoMessage(error: unknown): string {
  if (error instanceof Errno) return error.message;
  throw error;
}

/** A name between quotes as GNU messages have it. */
export const quoted = (text: string): string =>
  /[\n\t'\\]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `'${text}'`;
