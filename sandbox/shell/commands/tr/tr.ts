/** GNU `tr`. */
import { Utf8Decoder } from '../../../core/bytes.ts';
import { CommandError, defineCommand, quoted, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: '+cCdst',
    long: { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' },
    usage:
      'tr [OPTION]... STRING1 [STRING2]\nTranslate, squeeze, and/or delete characters from standard input, writing to standard output.\n\n  -c, -C, --complement    use the complement of STRING1\n  -d, --delete            delete characters in STRING1, do not translate\n  -s, --squeeze-repeats   replace each sequence of a repeated character listed in the last specified STRING with a single occurrence\n  -t, --truncate-set1     first truncate STRING1 to length of STRING2',
  },
  async (process, options, operands) => {
    const [deletes, squeezes] = [options.has('d'), options.has('s')];
    const complement = options.has('c') || options.has('C');
    if (operands.length === 0) throw new UsageError('missing operand');
    if (operands.length === 1 && !deletes && !squeezes)
      throw new UsageError(
        `missing operand after ${quoted(operands[0]!)}\nTwo strings must be given when translating.`,
      );
    if (operands.length === 1 && deletes && squeezes)
      throw new UsageError(
        `missing operand after ${quoted(operands[0]!)}\nTwo strings must be given when both deleting and squeezing repeats.`,
      );
    if (operands.length > 1 && deletes && !squeezes)
      throw new UsageError(
        `extra operand ${quoted(operands[1]!)}\nOnly one string may be given when deleting without squeezing repeats.`,
      );
    if (operands.length > 2) throw new UsageError(`extra operand ${quoted(operands[2]!)}`);
    let from = expandSet(operands[0]!);
    const to = operands[1] === undefined ? undefined : expandSet(operands[1], from.length);
    if (options.has('t') && to) from = from.slice(0, to.length);
    const set = new Set(from);
    const inFirst = (char: string) => set.has(char) !== complement;
    const map = new Map<string, string>();
    if (to && !deletes) {
      if (to.length === 0) throw new CommandError('when not truncating set1, string2 must be non-empty');
      from.forEach((char, i) => map.set(char, to![Math.min(i, to!.length - 1)]!));
    }
    const squeezed = squeezes ? new Set(to ?? from) : undefined;
    const squeezeComplement = squeezes && !to && complement;
    const decoder = new Utf8Decoder();
    let last = '';
    const convert = (text: string): string => {
      let out = '';
      for (let char of text) {
        if (deletes) {
          if (inFirst(char)) continue;
        } else if (to) {
          if (complement) char = inFirst(char) ? to.at(-1)! : char;
          else char = map.get(char) ?? char;
        }
        if (squeezed && char === last && (squeezeComplement ? inFirst(char) : squeezed.has(char))) continue;
        out += char;
        last = char;
      }
      return out;
    };
    for (let bytes; (bytes = await process.read(0));) await process.print(convert(decoder.push(bytes)));
    const rest = convert(decoder.end());
    if (rest) await process.print(rest);
    return 0;
  },
);

const range = (low: number, high: number): string[] =>
  Array.from({ length: high - low + 1 }, (_, i) => String.fromCharCode(low + i));
const CLASSES: Record<string, string[]> = {
  alnum: [...range(48, 57), ...range(65, 90), ...range(97, 122)],
  alpha: [...range(65, 90), ...range(97, 122)],
  blank: [' ', '\t'],
  cntrl: [...range(0, 31), '\u007f'],
  digit: range(48, 57),
  graph: range(33, 126),
  lower: range(97, 122),
  print: range(32, 126),
  punct: [...range(33, 47), ...range(58, 64), ...range(91, 96), ...range(123, 126)],
  space: ['\t', '\n', '\v', '\f', '\r', ' '],
  upper: range(65, 90),
  xdigit: [...range(48, 57), ...range(65, 70), ...range(97, 102)],
};

const ESCAPES: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** The characters of a set, in order; `[x*]` fills up to `length`. */
function expandSet(text: string, length = 0): string[] {
  const out: string[] = [];
  for (let i = 0; i < text.length;) {
    const named = /^\[:(\w+):\]/.exec(text.slice(i));
    if (named) {
      const members = CLASSES[named[1]!];
      if (!members) throw new CommandError(`invalid character class ${quoted(named[1]!)}`);
      out.push(...members);
      i += named[0].length;
      continue;
    }
    const repeated = /^\[(\\?.)\*(\d*)\]/su.exec(text.slice(i));
    if (repeated) {
      const [char] = take(repeated[1]!, 0);
      const count = repeated[2]
        ? Number.parseInt(repeated[2], repeated[2].startsWith('0') ? 8 : 10)
        : Math.max(0, length - out.length);
      for (let n = 0; n < count; n++) out.push(char);
      i += repeated[0].length;
      continue;
    }
    const [low, next] = take(text, i);
    if (text[next] === '-' && next + 1 < text.length) {
      const [high, end] = take(text, next + 1);
      if (low > high)
        throw new CommandError(`range-endpoints of '${low}-${high}' are in reverse collating sequence order`);
      for (let code = low.codePointAt(0)!; code <= high.codePointAt(0)!; code++)
        out.push(String.fromCodePoint(code));
      i = end;
    } else {
      out.push(low);
      i = next;
    }
  }
  return out;
}

/** One character, an escape resolved, and the index behind it. */
function take(text: string, at: number): [string, number] {
  if (text[at] === '\\' && at + 1 < text.length) {
    const octal = /^[0-7]{1,3}/.exec(text.slice(at + 1));
    if (octal) return [String.fromCharCode(Number.parseInt(octal[0], 8)), at + 1 + octal[0].length];
    return [ESCAPES[text[at + 1]!] ?? text[at + 1]!, at + 2];
  }
  const char = String.fromCodePoint(text.codePointAt(at)!);
  return [char, at + char.length];
}
