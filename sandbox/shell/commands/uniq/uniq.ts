/** GNU `uniq`. */
import { open } from '../../../os/open.ts';
import { defineCommand } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';

export const program = defineCommand(
  {
    short: 'cdDf:is:uw:z',
    long: {
      count: 'c',
      repeated: 'd',
      'skip-fields': 'f',
      'ignore-case': 'i',
      'skip-chars': 's',
      unique: 'u',
      'check-chars': 'w',
      'all-repeated': 'D?',
    },
    usage:
      'uniq [OPTION]... [INPUT [OUTPUT]]\nFilter adjacent matching lines from INPUT (or standard input), writing to OUTPUT (or standard output).\n\n  -c, --count            prefix lines by the number of occurrences\n  -d, --repeated         only print duplicate lines, one for each group\n  -D                     print all duplicate lines\n  -f, --skip-fields=N    avoid comparing the first N fields\n  -i, --ignore-case      ignore differences in case when comparing\n  -s, --skip-chars=N     avoid comparing the first N characters\n  -u, --unique           only print unique lines\n  -w, --check-chars=N    compare no more than N characters in lines',
  },
  async (process, options, operands) => {
    const [fields, skip, width] = [
      Number(options.get('f') ?? 0),
      Number(options.get('s') ?? 0),
      Number(options.get('w') ?? Infinity),
    ];
    const key = (line: string): string => {
      let text = line;
      for (let i = 0; i < fields; i++) text = text.replace(/^\s*\S*/, '');
      text = text.slice(skip, width === Infinity ? undefined : skip + width);
      return options.has('i') ? text.toLowerCase() : text;
    };
    if (operands[1] !== undefined && operands[1] !== '-')
      process.files[1] = open(process, operands[1], { write: true, create: true, truncate: true }).acquire();
    const inputs = new Inputs(process, operands.slice(0, 1));
    let group: string[] = [];
    let count = 0;
    let current: string | undefined;
    const flush = (): string => {
      if (count === 0) return '';
      if (options.has('D')) return count > 1 ? group.map((line) => `${line}\n`).join('') : '';
      if ((options.has('d') && count === 1) || (options.has('u') && count > 1)) return '';
      return `${options.has('c') ? `${String(count).padStart(7)} ` : ''}${group[0]}\n`;
    };
    for await (const input of inputs) {
      for await (const lines of linesOf(input)) {
        let out = '';
        for (const line of lines) {
          const next = key(line);
          if (count > 0 && next === current) {
            count++;
            if (options.has('D')) group.push(line);
            continue;
          }
          out += flush();
          group = [line];
          count = 1;
          current = next;
        }
        if (out) await process.print(out);
      }
    }
    await process.print(flush());
    return inputs.failed ? 1 : 0;
  },
);
