/** GNU `numfmt`: --to, --from, --field, --suffix, --padding, --round by default. */
import { CommandError, defineCommand, quoted } from '../command.ts';

const UNITS = 'KMGTPEZY';

export const program = defineCommand(
  {
    short: 'd:',
    long: {
      from: 'from:',
      to: 'to:',
      field: 'field:',
      delimiter: 'd',
      suffix: 'suffix:',
      padding: 'padding:',
      header: 'header?',
    },
    usage:
      'numfmt [OPTION]... [NUMBER]...\nReformat NUMBER(s), or the numbers from standard input if none are specified.\n\n      --from=UNIT   auto-scale input numbers: none, si, iec, iec-i, auto\n      --to=UNIT     auto-scale output numbers\n      --field=N     replace the number in field N (default 1)\n  -d, --delimiter=X use X instead of whitespace for field delimiter\n      --suffix=SUFFIX  add SUFFIX to output numbers\n      --padding=N   pad the output to N characters',
  },
  async (process, options, operands) => {
    const convert = (word: string): string => {
      const suffix = options.get('suffix') ?? '';
      const text = format(parse(word, options.get('from') ?? 'none'), options.get('to') ?? 'none') + suffix;
      const padding = Number(options.get('padding') ?? 0);
      return padding < 0 ? text.padEnd(-padding) : text.padStart(padding);
    };
    if (operands.length > 0) {
      await process.print(operands.map((word) => `${convert(word)}\n`).join(''));
      return 0;
    }
    const field = Number(options.get('field') ?? 1) - 1;
    const delimiter = options.get('d');
    let skip = options.has('header') ? Number(options.get('header') ?? 1) : 0;
    for await (const line of process.lines()) {
      if (skip-- > 0) {
        await process.print(`${line}\n`);
        continue;
      }
      const words = delimiter === undefined ? line.split(/(\s+)/) : line.split(delimiter);
      const at = delimiter === undefined ? (/^\s/.test(line) ? field + 1 : field) * 2 : field;
      if (words[at] !== undefined) words[at] = convert(words[at]);
      await process.print(`${words.join(delimiter ?? '')}\n`);
    }
    return 0;
  },
);

function parse(word: string, from: string): number {
  const match = /^([-+]?\d*\.?\d+)([KMGTPEZY]?)(i?)B?$/.exec(word);
  if (!match) throw new CommandError(`invalid number: ${quoted(word)}`, 2);
  const [, digits = '', unit = '', binary] = match;
  if (unit === '') return Number(digits);
  if (from === 'none')
    throw new CommandError(`rejecting suffix in input: ${quoted(word)} (consider using --from)`, 2);
  const base = from === 'si' || (from === 'auto' && binary === '') ? 1000 : 1024;
  return Number(digits) * base ** (UNITS.indexOf(unit) + 1);
}

/** Rounded away from zero, with one digit behind the point below ten. */
function format(value: number, to: string): string {
  if (to === 'none') return String(value);
  const base = to === 'si' ? 1000 : 1024;
  let [size, power] = [Math.abs(value), 0];
  while (size >= base) {
    size /= base;
    power++;
  }
  const sign = value < 0 ? '-' : '';
  if (power === 0) return sign + Math.ceil(size);
  const tenth = Math.ceil(size * 10 - 1e-9) / 10;
  const text = tenth < 10 ? tenth.toFixed(1) : String(Math.ceil(size - 1e-9));
  if (Number(text) >= base) return `${sign}1.0${UNITS[power]}${to === 'iec-i' ? 'i' : ''}`;
  return `${sign}${text}${UNITS[power - 1]}${to === 'iec-i' ? 'i' : ''}`;
}
