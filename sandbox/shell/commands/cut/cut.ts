/** GNU `cut`. */
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'b:c:d:f:nsz',
    long: {
      bytes: 'b',
      characters: 'c',
      delimiter: 'd',
      fields: 'f',
      'only-delimited': 's',
      complement: 'complement',
      'output-delimiter': 'output:',
    },
    usage:
      'cut OPTION... [FILE]...\nPrint selected parts of lines from each FILE to standard output.\n\n  -b, --bytes=LIST        select only these bytes\n  -c, --characters=LIST   select only these characters\n  -d, --delimiter=DELIM   use DELIM instead of TAB for field delimiter\n  -f, --fields=LIST       select only these fields\n      --complement        complement the set of selected bytes, characters or fields\n  -s, --only-delimited    do not print lines not containing delimiters\n      --output-delimiter=STRING  use STRING as the output delimiter',
  },
  async (process, options, operands) => {
    const modes = ['b', 'c', 'f'].filter((key) => options.has(key));
    if (modes.length === 0) throw new UsageError('you must specify a list of bytes, characters, or fields');
    if (modes.length > 1) throw new UsageError('only one list may be specified');
    const mode = modes[0]!;
    const delimiter = options.get('d') ?? '\t';
    if ([...delimiter].length !== 1) throw new UsageError('the delimiter must be a single character');
    if (options.has('d') && mode !== 'f')
      throw new UsageError('an input delimiter may be specified only when operating on fields');
    const ranges = parseRanges(options.get(mode)!, mode);
    const complement = options.has('complement');
    const selected = (n: number) => ranges.some(([low, high]) => n >= low && n <= high) !== complement;
    const joiner = options.get('output') ?? (mode === 'f' ? delimiter : '');
    const inputs = new Inputs(process, operands);
    for await (const input of inputs) {
      for await (const lines of linesOf(input)) {
        let out = '';
        for (const line of lines) {
          if (mode !== 'f') out += `${[...line].filter((_, i) => selected(i + 1)).join(joiner)}\n`;
          else if (!line.includes(delimiter)) out += options.has('s') ? '' : `${line}\n`;
          else
            out += `${line
              .split(delimiter)
              .filter((_, i) => selected(i + 1))
              .join(joiner)}\n`;
        }
        await process.print(out);
      }
    }
    return inputs.failed ? 1 : 0;
  },
);

function parseRanges(list: string, mode: string): [number, number][] {
  return list.split(/[, ]/).map((item) => {
    const match = /^(\d*)(-?)(\d*)$/.exec(item);
    const kind = mode === 'f' ? 'field' : 'byte/character';
    if (!match || item === '' || item === '-') {
      throw new CommandError(
        item === '-'
          ? `invalid range with no endpoint: -\nTry 'cut --help' for more information.`
          : `invalid ${kind} value '${item}'\nTry 'cut --help' for more information.`,
      );
    }
    const low = match[1] === '' ? 1 : Number(match[1]);
    const high = match[2] === '' ? low : match[3] === '' ? Infinity : Number(match[3]);
    if (low === 0 || high === 0)
      throw new CommandError(
        mode === 'f'
          ? "fields are numbered from 1\nTry 'cut --help' for more information."
          : "byte/character positions are numbered from 1\nTry 'cut --help' for more information.",
      );
    if (high < low)
      throw new CommandError("invalid decreasing range\nTry 'cut --help' for more information.");
    return [low, high];
  });
}
