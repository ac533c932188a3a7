/** GNU `expand`. */
import { CommandError, defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'it:',
    long: { initial: 'i', tabs: 't' },
    numbers: (number) => ['t', number],
    usage:
      'expand [OPTION]... [FILE]...\nConvert tabs in each FILE to spaces, writing to standard output.\n\n  -i, --initial  do not convert tabs after non blanks\n  -t, --tabs=N   have tabs N characters apart, not 8; a list with commas gives positions',
  },
  async (process, options, operands) => {
    const stops = (options.get('t') ?? '8').split(/[ ,]/).map(Number);
    if (stops.some((stop) => !Number.isInteger(stop)))
      throw new CommandError('tab size contains invalid character(s)');
    if (stops.includes(0)) throw new CommandError('tab size cannot be 0');
    /** Spaces from `column` to the next stop. */
    const gap = (column: number): number => {
      if (stops.length === 1) return stops[0]! - (column % stops[0]!);
      return (stops.find((stop) => stop > column) ?? column + 1) - column;
    };
    const expandLine = (line: string): string => {
      let [out, column] = ['', 0];
      let leading = true;
      for (const char of line) {
        if (char === '\t' && (leading || !options.has('i'))) {
          const spaces = gap(column);
          out += ' '.repeat(spaces);
          column += spaces;
          continue;
        }
        if (char !== ' ' && char !== '\t') leading = false;
        out += char;
        column++;
      }
      return out;
    };
    const inputs = new Inputs(process, operands);
    for await (const input of inputs)
      for await (const lines of linesOf(input))
        await process.print(lines.map((line) => `${expandLine(line)}\n`).join(''));
    return inputs.failed ? 1 : 0;
  },
);
