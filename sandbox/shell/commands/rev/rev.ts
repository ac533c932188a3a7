/** util-linux `rev`. */
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  { short: '', usage: 'rev [FILE]...\nReverse lines characterwise.' },
  async (process, _options, operands) => {
    const inputs = new Inputs(process, operands);
    for await (const input of inputs) {
      for await (const lines of linesOf(input))
        await process.print(lines.map((line) => `${[...line].reverse().join('')}\n`).join(''));
    }
    return inputs.failed ? 1 : 0;
  },
);
