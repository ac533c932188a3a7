/** GNU `paste`. */
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'd:sz',
    long: { delimiters: 'd', serial: 's' },
    usage:
      'paste [OPTION]... [FILE]...\nWrite lines consisting of the sequentially corresponding lines from each FILE, separated by TABs.\n\n  -d, --delimiters=LIST  reuse characters from LIST instead of TABs\n  -s, --serial           paste one file at a time instead of in parallel',
  },
  async (process, options, operands) => {
    const delimiters = [
      ...(options.get('d') ?? '\t').replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\0', ''),
    ];
    const inputs = new Inputs(process, operands);
    const columns: string[][] = [];
    for await (const input of inputs) {
      const lines: string[] = [];
      for await (const more of linesOf(input)) lines.push(...more);
      columns.push(lines);
    }
    const join = (cells: string[]) =>
      `${cells.reduce((line, cell, i) => (i === 0 ? cell : line + (delimiters[(i - 1) % delimiters.length] ?? '') + cell), '')}\n`;
    if (options.has('s')) for (const lines of columns) await process.print(join(lines));
    else {
      // `paste - -` takes turns on standard input.
      const dashes = operands.filter((path) => path === '-').length;
      if (dashes > 1 && dashes === operands.length) {
        const lines = columns[0]!;
        for (let i = 0; i < lines.length; i += dashes)
          await process.print(join(Array.from({ length: dashes }, (_, j) => lines[i + j] ?? '')));
      } else {
        const rows = Math.max(0, ...columns.map((lines) => lines.length));
        for (let i = 0; i < rows; i++) await process.print(join(columns.map((lines) => lines[i] ?? '')));
      }
    }
    return inputs.failed ? 1 : 0;
  },
);
