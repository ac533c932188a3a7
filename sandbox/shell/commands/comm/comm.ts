/** GNU `comm`. */
import { complain, defineCommand, UsageError, quoted } from '../command.ts';
import { Inputs, linesOf } from '../input.ts';
import type { Process } from '../../../os/process.ts';

export const program = defineCommand(
  {
    short: '123z',
    long: {
      'check-order': 'check',
      'nocheck-order': 'nocheck',
      'output-delimiter': 'delimiter:',
      total: 'total',
    },
    usage:
      'comm [OPTION]... FILE1 FILE2\nCompare sorted files FILE1 and FILE2 line by line.\n\n  -1                      suppress column 1 (lines unique to FILE1)\n  -2                      suppress column 2 (lines unique to FILE2)\n  -3                      suppress column 3 (lines that appear in both files)\n      --output-delimiter=STR  separate columns with STR\n      --total             output a summary',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    if (operands.length === 1) throw new UsageError(`missing operand after ${quoted(operands[0]!)}`);
    if (operands.length > 2) throw new UsageError(`extra operand ${quoted(operands[2]!)}`);
    const [left, right] = [await sorted(process, operands[0]!), await sorted(process, operands[1]!)];
    if (!left || !right) return 1;
    const delimiter = options.get('delimiter') ?? '\t';
    const column = (number: '1' | '2' | '3') =>
      delimiter.repeat(
        ['1', '2', '3'].slice(0, Number(number) - 1).filter((each) => !options.has(each)).length,
      );
    const totals = [0, 0, 0];
    let out = '';
    const put = (number: '1' | '2' | '3', line: string) => {
      totals[Number(number) - 1]!++;
      if (!options.has(number)) out += `${column(number)}${line}\n`;
    };
    let [i, j] = [0, 0];
    while (i < left.length || j < right.length) {
      const [a, b] = [left[i], right[j]];
      if (b === undefined || (a !== undefined && a < b)) {
        put('1', a!);
        i++;
      } else if (a === undefined || b < a) {
        put('2', b);
        j++;
      } else {
        put('3', a);
        i++;
        j++;
      }
    }
    if (options.has('total')) out += `${totals.join(delimiter)}${delimiter}total\n`;
    await process.print(out);
    const unsorted = [left, right].flatMap((lines, k) =>
      lines.some((line, at) => at > 0 && lines[at - 1]! > line) ? [k + 1] : [],
    );
    if (unsorted.length === 0 || options.has('nocheck')) return 0;
    for (const file of unsorted) await complain(process, `file ${file} is not in sorted order`);
    await complain(process, 'input is not in sorted order');
    return 1;
  },
);

/** All lines of a file; undefined when it cannot be read (a message has been printed). */
async function sorted(process: Process, name: string): Promise<string[] | undefined> {
  const inputs = new Inputs(process, [name]);
  const all: string[] = [];
  for await (const input of inputs) for await (const lines of linesOf(input)) all.push(...lines);
  return inputs.failed ? undefined : all;
}
