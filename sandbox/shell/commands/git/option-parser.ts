/** git's way with options (parse-options.c): bundled letters, unambiguous beginnings of names, `--no-`, `--`. */
import { UsageProblem } from './problems.ts';

/**
 * How an option is written down: `a,all` is -a and --all; `m,message=` takes a value; `color?` may take one behind
 * `=`. A name may stand alone (`amend`, `x`).
 */
export type OptionSpec = string;

interface Option {
  key: string;
  names: string[];
  value: 'none' | 'required' | 'optional';
}

export class GitOptions {
  /** What is no option, `paths` not among them. */
  readonly operands: string[] = [];
  /** What stands behind `--`; undefined without one. */
  paths: string[] | undefined;
  readonly #given: [key: string, value: string | boolean][] = [];

  set(key: string, value: string | boolean): void {
    this.#given.push([key, value]);
  }

  has(key: string): boolean {
    return this.#last(key) !== undefined && this.#last(key) !== false;
  }

  /** `--no-KEY` was the last word on it. */
  denied(key: string): boolean {
    return this.#last(key) === false;
  }

  get(key: string): string | undefined {
    const value = this.#last(key);
    return typeof value === 'string' ? value : undefined;
  }

  all(key: string): string[] {
    return this.#given
      .filter(([each]) => each === key)
      .flatMap(([, value]) => (typeof value === 'string' ? [value] : []));
  }

  /** How often it was given. */
  count(key: string): number {
    return this.#given.filter(([each]) => each === key).length;
  }

  /** Of several that exclude each other, the last. */
  last(...keys: string[]): string | undefined {
    return this.#given.findLast(([key, value]) => keys.includes(key) && value !== false)?.[0];
  }

  /** Operands and paths together, for commands that take nothing but paths. */
  get everything(): string[] {
    return [...this.operands, ...(this.paths ?? [])];
  }

  #last(key: string): string | boolean | undefined {
    return this.#given.findLast(([each]) => each === key)?.[1];
  }
}

const optionOf = (spec: OptionSpec): Option => {
  const value = spec.endsWith('=') ? 'required' : spec.endsWith('?') ? 'optional' : 'none';
  const names = spec.replace(/[=?]$/, '').split(',');
  return { key: names.at(-1)!, names, value };
};

/** @param stopAtOperand options end at the first operand (`git config name -value`) */
export function parseOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
  stopAtOperand = false,
): GitOptions {
  const options = specs.map(optionOf);
  const result = new GitOptions();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') {
      result.paths = words.slice(i + 1);
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      result.operands.push(word);
      if (!stopAtOperand) continue;
      result.operands.push(...words.slice(i + 1));
      break;
    }
    const counted = /^-(\d+)$/.exec(word);
    if (counted && options.some(({ key }) => key === 'max-count')) result.set('max-count', counted[1]!);
    else
      i = word.startsWith('--')
        ? long(word, words, i, options, result)
        : short(word, words, i, options, result);
  }
  return result;
}

function long(
  word: string,
  words: readonly string[],
  at: number,
  options: Option[],
  result: GitOptions,
): number {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const find = (wanted: string) => {
    const fitting = options.filter(({ names }) =>
      names.some((each) => each.length > 1 && each.startsWith(wanted)),
    );
    return (
      options.find(({ names }) => names.some((each) => each.length > 1 && each === wanted)) ??
      (fitting.length === 1 ? fitting[0] : undefined)
    );
  };
  const option = find(name);
  if (!option && name.startsWith('no-')) {
    const denied = find(name.slice(3));
    if (denied) {
      result.set(denied.key, false);
      return at;
    }
  }
  if (!option) throw new UsageProblem(`unknown option \`${name}'`, true, word);
  if (option.value === 'none') {
    if (value !== undefined) throw new UsageProblem(`option \`${name}' takes no value`, false);
    result.set(option.key, true);
  } else if (value !== undefined) result.set(option.key, value);
  else if (option.value === 'optional') result.set(option.key, true);
  else if (at + 1 < words.length) {
    result.set(option.key, words[at + 1]!);
    return at + 1;
  } else throw new UsageProblem(`option \`${name}' requires a value`, false);
  return at;
}

function short(
  word: string,
  words: readonly string[],
  at: number,
  options: Option[],
  result: GitOptions,
): number {
  for (let j = 1; j < word.length; j++) {
    const letter = word[j]!;
    const option = options.find(({ names }) => names.includes(letter));
    if (!option) throw new UsageProblem(`unknown switch \`${letter}'`, true, word);
    const rest = word.slice(j + 1);
    if (option.value === 'none' || (option.value === 'optional' && rest === '')) {
      result.set(option.key, true);
      continue;
    }
    if (rest !== '') {
      result.set(option.key, rest);
      return at;
    }
    if (at + 1 >= words.length) throw new UsageProblem(`switch \`${letter}' requires a value`, false);
    result.set(option.key, words[at + 1]!);
    return at + 1;
  }
  return at;
}
