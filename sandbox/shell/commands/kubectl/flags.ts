/**
 * Command-line flags as pflag reads them: long and short names, `--name=value`, shorthand groups (`-it`,
 * `-nkube-system`), repetition, flags and arguments in any order, `--`. Errors have pflag's words.
 * Left out: abbreviations and hidden groups, which kubectl does not use either.
 */
import { parseDuration } from '../../../cluster/api/duration.ts';

/**
 * `strings` splits values at commas, `array` keeps each as it was given; both may be repeated.
 * `duration` holds milliseconds.
 */
export type FlagKind = 'bool' | 'string' | 'int' | 'strings' | 'array' | 'duration';

export type FlagValue = boolean | string | number | string[];

export interface Flag {
  name: string;
  shorthand?: string;
  kind: FlagKind;
  default: FlagValue;
  usage: string;
  /** Value of the flag when it is named without one (pflag's NoOptDefVal); bools have `true`. */
  bare?: string;
  /** Printed as the default in help instead of `default`. */
  shown?: string;
}

/**
 * Declares a flag. `names` is `name` or `name,x` with its shorthand; the kind follows from the default value
 * (an empty list is `array`) unless `kind` says otherwise.
 */
export function flag(
  names: string,
  initial: FlagValue,
  usage: string,
  more: { kind?: FlagKind; bare?: string; shown?: string } = {},
): Flag {
  const [name, shorthand] = names.split(',');
  const kind: FlagKind =
    more.kind ??
    (typeof initial === 'boolean'
      ? 'bool'
      : typeof initial === 'number'
        ? 'int'
        : typeof initial === 'string'
          ? 'string'
          : 'array');
  const bare = more.bare ?? (kind === 'bool' ? 'true' : undefined);
  return {
    name: name!,
    kind,
    default: initial,
    usage,
    ...(shorthand ? { shorthand } : {}),
    ...(bare !== undefined ? { bare } : {}),
    ...(more.shown !== undefined ? { shown: more.shown } : {}),
  };
}

/** A malformed command line. The caller adds where to find help. */
export class FlagError extends Error {}

/** The result of parsing: values by flag name, and the arguments that are no flags. */
export class Arguments {
  readonly positional: string[];
  /** How many of the arguments came before `--`; -1 without one. */
  readonly dashAt: number;
  readonly #values: ReadonlyMap<string, FlagValue>;
  readonly #changed: ReadonlySet<string>;

  constructor(
    values: ReadonlyMap<string, FlagValue>,
    changed: ReadonlySet<string>,
    positional: string[],
    dashAt: number,
  ) {
    this.#values = values;
    this.#changed = changed;
    this.positional = positional;
    this.dashAt = dashAt;
  }

  #get(name: string): FlagValue {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`flag ${name} is not declared`);
    return value;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
  /** Whether the flag was given on the command line. */
  changed(name: string): boolean {
    return this.#changed.has(name);
  }
  bool(name: string): boolean {
    return this.#get(name) as boolean;
  }
  string(name: string): string {
    return this.#get(name) as string;
  }
  int(name: string): number {
    return this.#get(name) as number;
  }
  /** Milliseconds. */
  duration(name: string): number {
    return this.#get(name) as number;
  }
  list(name: string): string[] {
    return this.#get(name) as string[];
  }
}

const goQuote = (text: string) => JSON.stringify(text);

/** Which flag an argument names, for messages: `-n, --namespace` or `--raw`. */
const display = (flag: Flag) => (flag.shorthand ? `-${flag.shorthand}, --${flag.name}` : `--${flag.name}`);

function parseValue(flag: Flag, text: string): FlagValue {
  const invalid = (why: string) =>
    new FlagError(`invalid argument ${goQuote(text)} for ${goQuote(display(flag))} flag: ${why}`);
  switch (flag.kind) {
    case 'bool':
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      throw invalid(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
    case 'int': {
      if (!/^[-+]?(0x[0-9a-fA-F]+|[0-9]+)$/.test(text))
        throw invalid(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
      return Number(text);
    }
    case 'duration':
      try {
        return parseDuration(text);
      } catch (error) {
        throw invalid((error as Error).message);
      }
    case 'strings':
      return text === '' ? [] : text.split(',');
    case 'array':
      return [text];
    case 'string':
      return text;
  }
}

/**
 * Parses `argv` against `flags`. With `interspersed` false the first argument that is no flag ends the flags
 * (what follows belongs to a program, as for exec).
 */
export function parseFlags(
  flags: readonly Flag[],
  argv: readonly string[],
  { interspersed = true }: { interspersed?: boolean } = {},
): Arguments {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const byShorthand = new Map(flags.filter((flag) => flag.shorthand).map((flag) => [flag.shorthand!, flag]));
  const values = new Map<string, FlagValue>(flags.map((flag) => [flag.name, flag.default]));
  const changed = new Set<string>();
  const positional: string[] = [];
  let dashAt = -1;

  const set = (flag: Flag, text: string) => {
    const value = parseValue(flag, text);
    const list = Array.isArray(value) && changed.has(flag.name);
    values.set(flag.name, list ? [...(values.get(flag.name) as string[]), ...value] : value);
    changed.add(flag.name);
  };

  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at]!;
    if (arg === '--') {
      dashAt = positional.length;
      positional.push(...argv.slice(at + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      positional.push(arg);
      if (interspersed) continue;
      positional.push(...argv.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      if (name === '' || name.startsWith('-') || name.startsWith('='))
        throw new FlagError(`bad flag syntax: ${arg}`);
      const flag = byName.get(name);
      if (!flag) throw new FlagError(`unknown flag: --${name}`);
      if (equals >= 0) set(flag, arg.slice(equals + 1));
      else if (flag.bare !== undefined) set(flag, flag.bare);
      else if (at + 1 < argv.length) set(flag, argv[++at]!);
      else throw new FlagError(`flag needs an argument: --${name}`);
      continue;
    }
    for (let group = arg.slice(1); group !== '';) {
      const letter = group[0]!;
      const flag = byShorthand.get(letter);
      if (!flag) throw new FlagError(`unknown shorthand flag: '${letter}' in -${group}`);
      const rest = group.slice(1);
      group = '';
      if (rest.startsWith('=')) set(flag, rest.slice(1));
      else if (flag.bare !== undefined) {
        set(flag, flag.bare);
        group = rest;
      } else if (rest !== '') set(flag, rest);
      else if (at + 1 < argv.length) set(flag, argv[++at]!);
      else throw new FlagError(`flag needs an argument: '${letter}' in -${letter}`);
    }
  }
  return new Arguments(values, changed, positional, dashAt);
}
