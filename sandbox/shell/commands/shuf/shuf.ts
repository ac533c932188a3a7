/** GNU `shuf`. */
import { CommandError, defineCommand, quoted } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'ei:n:r',
    long: { echo: 'e', 'head-count': 'n', 'input-range': 'i', repeat: 'r' },
    usage:
      'shuf [OPTION]... [FILE]\n  or:  shuf -e [OPTION]... [ARG]...\n  or:  shuf -i LO-HI [OPTION]...\nWrite a random permutation of the input lines to standard output.\n\n  -e, --echo              treat each ARG as an input line\n  -i, --input-range=LO-HI treat each number LO through HI as an input line\n  -n, --head-count=COUNT  output at most COUNT lines\n  -r, --repeat            output lines can be repeated',
  },
  async (process, options, operands) => {
    const lines: string[] = [];
    const range = options.get('i');
    if (range !== undefined) {
      const match = /^(\d+)-(\d+)$/.exec(range);
      if (!match)
        throw new CommandError(`invalid input range: ${quoted(range.slice(range.indexOf('-') + 1))}`);
      for (let n = Number(match[1]); n <= Number(match[2]); n++) lines.push(String(n));
    } else if (options.has('e')) lines.push(...operands);
    else {
      const inputs = new Inputs(process, operands.slice(0, 1));
      for await (const input of inputs) for await (const some of linesOf(input)) lines.push(...some);
      if (inputs.failed) return 1;
    }
    const count = options.get('n');
    if (count !== undefined && !/^\d+$/.test(count))
      throw new CommandError(`invalid line count: ${quoted(count)}`);
    const { random } = process.machine;
    const index = (size: number) => random.bits() % size;
    if (options.has('r')) {
      if (lines.length === 0) throw new CommandError('no lines to repeat');
      for (let i = 0; count === undefined || i < Number(count); i++)
        await process.print(`${lines[index(lines.length)]}\n`);
      return 0;
    }
    for (let i = lines.length - 1; i > 0; i--) {
      const j = index(i + 1);
      [lines[i], lines[j]] = [lines[j]!, lines[i]!];
    }
    await process.print(
      lines
        .slice(0, count === undefined ? undefined : Number(count))
        .map((line) => `${line}\n`)
        .join(''),
    );
    return 0;
  },
);
