/** GNU `sort`. Comparison is by bytes (the C locale) unless a key says otherwise. */
import { open } from '../../../os/open.ts';
import { compareNames } from '../../glob.ts';
import { CommandError, defineCommand, errnoMessage, quoted } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';
import type { Process } from '../../../os/process.ts';

interface Key {
  startField: number;
  startChar: number;
  endField: number;
  endChar: number;
  flags: string;
}

export const program = defineCommand(
  {
    short: 'bcCdfghik:mMnno:rRsS:t:T:uVz',
    long: {
      'ignore-leading-blanks': 'b',
      check: 'c?',
      'dictionary-order': 'd',
      'ignore-case': 'f',
      'general-numeric-sort': 'g',
      'human-numeric-sort': 'h',
      key: 'k',
      merge: 'm',
      'month-sort': 'M',
      'numeric-sort': 'n',
      output: 'o',
      reverse: 'r',
      stable: 's',
      'field-separator': 't',
      unique: 'u',
      'version-sort': 'V',
    },
    usage:
      "sort [OPTION]... [FILE]...\nWrite sorted concatenation of all FILE(s) to standard output.\n\n  -b, --ignore-leading-blanks  ignore leading blanks\n  -f, --ignore-case            fold lower case to upper case characters\n  -g, --general-numeric-sort   compare according to general numerical value\n  -h, --human-numeric-sort     compare human readable numbers (e.g., 2K 1G)\n  -k, --key=KEYDEF             sort via a key\n  -M, --month-sort             compare (unknown) < 'JAN' < ... < 'DEC'\n  -n, --numeric-sort           compare according to string numerical value\n  -o, --output=FILE            write result to FILE instead of standard output\n  -r, --reverse                reverse the result of comparisons\n  -s, --stable                 stabilize sort by disabling last-resort comparison\n  -t, --field-separator=SEP    use SEP instead of non-blank to blank transition\n  -u, --unique                 output only the first of an equal run\n  -V, --version-sort           natural sort of (version) numbers within text",
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    const global = ['b', 'd', 'f', 'g', 'h', 'i', 'M', 'n', 'r', 'V']
      .filter((key) => options.has(key))
      .join('');
    const separator = options.get('t')?.replace('\\0', '\0');
    const keys = options.all('k').map((text) => parseKey(text, global));
    const lines: string[] = [];
    const inputs = new Inputs(process, operands);
    for await (const input of inputs)
      for await (const more of linesOf(input)) for (const line of more) lines.push(line);
    if (inputs.failed) return 2;
    const compareKeys =
      keys.length > 0
        ? (a: string, b: string) => byKeys(a, b, keys, separator)
        : (a: string, b: string) => compareText(a, b, global);
    const compare = (a: string, b: string): number => {
      const order = compareKeys(a, b);
      if (order !== 0 || options.has('s') || options.has('u')) return order;
      return global.includes('r') ? compareNames(b, a) : compareNames(a, b);
    };
    if (options.has('c') || options.has('C')) {
      for (let i = 1; i < lines.length; i++) {
        const order = compare(lines[i - 1]!, lines[i]!);
        if (order > 0 || (order === 0 && options.has('u'))) {
          if (options.has('c'))
            await process.printError(`sort: ${operands[0] ?? '-'}:${i + 1}: disorder: ${lines[i]}\n`);
          return 1;
        }
      }
      return 0;
    }
    let sorted = await mergeSort(process, lines, compare);
    if (options.has('u'))
      sorted = sorted.filter((line, i) => i === 0 || compareKeys(sorted[i - 1]!, line) !== 0);
    const output = options.get('o');
    if (output !== undefined) {
      try {
        process.files[1] = open(process, output, { write: true, create: true, truncate: true }).acquire();
      } catch (error) {
        throw new CommandError(`open failed: ${output}: ${errnoMessage(error)}`, 2);
      }
    }
    const BATCH = 2000;
    for (let i = 0; i < sorted.length; i += BATCH)
      await process.print(`${sorted.slice(i, i + BATCH).join('\n')}\n`);
    return 0;
  },
);

/** Sorted runs by the engine's own sort, merged with pauses: a million lines do not hold the thread. */
async function mergeSort(
  process: Process,
  lines: string[],
  compare: (a: string, b: string) => number,
): Promise<string[]> {
  const RUN = 4096;
  let runs: string[][] = [];
  for (let i = 0; i < lines.length; i += RUN) {
    runs.push(lines.slice(i, i + RUN).sort(compare));
    await process.tick();
  }
  while (runs.length > 1) {
    const next: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i]!, runs[i + 1]];
      if (!b) {
        next.push(a);
        continue;
      }
      const merged: string[] = [];
      let [x, y] = [0, 0];
      while (x < a.length && y < b.length) {
        merged.push(compare(a[x]!, b[y]!) <= 0 ? a[x++]! : b[y++]!);
        if (merged.length % RUN === 0) await process.tick();
      }
      for (; x < a.length; x++) merged.push(a[x]!);
      for (; y < b.length; y++) merged.push(b[y]!);
      next.push(merged);
    }
    runs = next;
  }
  return runs[0] ?? [];
}

/** `2,3nr`, `1.2,1.5`. */
function parseKey(text: string, global: string): Key {
  const match = /^(\d+)(?:\.(\d+))?([bdfghiMnrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnrV]*))?$/.exec(text);
  if (!match)
    throw new CommandError(`invalid number at field start: invalid count at start of ${quoted(text)}`, 2);
  if (match[1] === '0')
    throw new CommandError(`field number is zero: invalid field specification ${quoted(text)}`, 2);
  const flags = (match[3] ?? '') + (match[6] ?? '');
  return {
    startField: Number(match[1]),
    startChar: Number(match[2] ?? 1),
    endField: match[4] === undefined ? Infinity : Number(match[4]),
    endChar: Number(match[5] ?? 0),
    flags: flags === '' ? global : flags,
  };
}

function byKeys(a: string, b: string, keys: Key[], separator: string | undefined): number {
  for (const key of keys) {
    const order = compareText(keyOf(a, key, separator), keyOf(b, key, separator), key.flags);
    if (order !== 0) return order;
  }
  return 0;
}

function keyOf(line: string, key: Key, separator: string | undefined): string {
  // Without a separator a field begins with the blanks in front of it.
  const fields =
    separator === undefined ? (line.match(/[ \t]*[^ \t]+|[ \t]+$/g) ?? []) : line.split(separator);
  const joiner = separator ?? '';
  const end = key.endField === Infinity ? fields.length : key.endField;
  const chosen = fields.slice(key.startField - 1, end);
  if (chosen.length === 0) return '';
  if (key.endField !== Infinity && key.endChar > 0 && chosen.length === end - key.startField + 1)
    chosen[chosen.length - 1] = chosen.at(-1)!.slice(0, key.endChar);
  let first = chosen[0]!;
  if (key.flags.includes('b')) first = first.trimStart();
  chosen[0] = first.slice(key.startChar - 1);
  return chosen.join(joiner);
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');

function compareText(a: string, b: string, flags: string): number {
  let order: number;
  if (flags.includes('n')) order = number(a) - number(b);
  else if (flags.includes('h')) order = human(a) - human(b);
  else if (flags.includes('g')) order = general(a) - general(b);
  else if (flags.includes('M')) order = month(a) - month(b);
  else if (flags.includes('V')) order = compareVersions(a, b);
  else {
    if (flags.includes('b')) [a, b] = [a.trimStart(), b.trimStart()];
    if (flags.includes('d'))
      [a, b] = [a.replace(/[^\p{L}\p{N}\s]/gu, ''), b.replace(/[^\p{L}\p{N}\s]/gu, '')];
    if (flags.includes('f')) [a, b] = [a.toUpperCase(), b.toUpperCase()];
    order = compareNames(a, b);
  }
  return flags.includes('r') ? -order : order;
}

const number = (text: string): number =>
  Number(/^\s*(-?\d*\.?\d*)/.exec(text)![1]!.replace(/^-?$|^\.$|^-\.$/, '0')) || 0;
const general = (text: string): number => {
  const value = Number.parseFloat(text);
  return Number.isNaN(value) ? -Infinity : value;
};
const month = (text: string): number => MONTHS.indexOf(text.trim().slice(0, 3).toUpperCase());

function human(text: string): number {
  const match = /^\s*(-?\d*\.?\d+)([KMGTPE]?)/i.exec(text);
  if (!match) return 0;
  return Number(match[1]) * 1024 ** ('KMGTPE'.indexOf(match[2]!.toUpperCase()) + (match[2] ? 1 : 0));
}

/** Digits compare as numbers, everything else by bytes. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if (x[i] === undefined) return -1;
    if (y[i] === undefined) return 1;
    const both = /^\d/.test(x[i]!) && /^\d/.test(y[i]!);
    const order = both ? Number(x[i]) - Number(y[i]) : compareNames(x[i]!, y[i]!);
    if (order !== 0) return order;
  }
  return compareNames(a, b);
}
