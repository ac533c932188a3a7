/** GNU `tac`. */
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  { short: 'brs:', usage: 'tac [FILE]...\nWrite each FILE to standard output, last line first.' },
  async (process, _options, operands) => {
    const inputs = new Inputs(process, operands);
    for await (const input of inputs) {
      const lines: string[] = [];
      for await (const more of linesOf(input)) lines.push(...more);
      if (lines.length > 0) await process.print(`${lines.reverse().join('\n')}\n`);
    }
    return inputs.failed ? 1 : 0;
  },
);
