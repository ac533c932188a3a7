/** GNU `nl` with its usual style: lines that are not empty are numbered. */
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'b:n:s:v:w:',
    long: {
      'body-numbering': 'b',
      'number-separator': 's',
      'number-width': 'w',
      'starting-line-number': 'v',
    },
    usage: 'nl [OPTION]... [FILE]...\nWrite each FILE to standard output, with line numbers added.',
  },
  async (process, options, operands) => {
    const inputs = new Inputs(process, operands);
    const [width, separator, all] = [
      Number(options.get('w') ?? 6),
      options.get('s') ?? '\t',
      options.get('b') === 'a',
    ];
    let number = Number(options.get('v') ?? 1);
    for await (const input of inputs) {
      for await (const lines of linesOf(input)) {
        await process.print(
          lines
            .map((line) =>
              line !== '' || all
                ? `${String(number++).padStart(width)}${separator}${line}\n`
                : `${' '.repeat(width + separator.length)}\n`,
            )
            .join(''),
        );
      }
    }
    return inputs.failed ? 1 : 0;
  },
);
