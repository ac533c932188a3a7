/** GNU `fold`, by characters. */
import { CommandError, defineCommand, quoted } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'bsw:',
    long: { bytes: 'b', spaces: 's', width: 'w' },
    numbers: (number) => ['w', number],
    usage:
      'fold [OPTION]... [FILE]...\nWrap input lines in each FILE, writing to standard output.\n\n  -b, --bytes        count bytes rather than columns\n  -s, --spaces       break at spaces\n  -w, --width=WIDTH  use WIDTH columns instead of 80',
  },
  async (process, options, operands) => {
    const text = options.get('w') ?? '80';
    const width = Number(text);
    if (!/^\d+$/.test(text) || width === 0)
      throw new CommandError(`invalid number of columns: ${quoted(text)}`);
    const inputs = new Inputs(process, operands);
    for await (const input of inputs)
      for await (const lines of linesOf(input))
        await process.print(lines.map((line) => `${foldLine(line, width, options.has('s'))}\n`).join(''));
    return inputs.failed ? 1 : 0;
  },
);

function foldLine(line: string, width: number, atSpaces: boolean): string {
  const rest = [...line];
  const pieces: string[] = [];
  while (rest.length > width) {
    const space = atSpaces ? rest.slice(0, width).lastIndexOf(' ') : -1;
    pieces.push(rest.splice(0, space >= 0 ? space + 1 : width).join(''));
  }
  return [...pieces, rest.join('')].join('\n');
}
