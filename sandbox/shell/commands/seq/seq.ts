/** GNU `seq`. */
import { CommandError, defineCommand, quoted, UsageError } from '../command.ts';
import { formatPrintf } from '../../printf-format.ts';

export const program = defineCommand(
  {
    short: '+f:s:w',
    long: { format: 'f', separator: 's', 'equal-width': 'w' },
    negativeNumbers: true,
    usage:
      'seq [OPTION]... LAST\n  or:  seq [OPTION]... FIRST LAST\n  or:  seq [OPTION]... FIRST INCREMENT LAST\nPrint numbers from FIRST to LAST, in steps of INCREMENT.\n\n  -f, --format=FORMAT      use printf style floating-point FORMAT\n  -s, --separator=STRING   use STRING to separate numbers (default: \\n)\n  -w, --equal-width        equalize width by padding with leading zeroes',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    if (operands.length > 3) throw new UsageError(`extra operand ${quoted(operands[3]!)}`);
    for (const text of operands)
      if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text))
        throw new UsageError(`invalid floating point argument: ${quoted(text)}`);
    const [first, step, last] =
      operands.length === 1
        ? ['1', '1', operands[0]!]
        : operands.length === 2
          ? [operands[0]!, '1', operands[1]!]
          : (operands as [string, string, string]);
    if (Number(step) === 0) throw new UsageError(`invalid Zero increment value: ${quoted(step)}`);
    const decimals = Math.max(...[first, step].map((text) => (text.split('.')[1] ?? '').length));
    const width = options.has('w')
      ? Math.max(...[first, last].map((text) => Number(text).toFixed(decimals).length))
      : 0;
    const separator = options.get('s') ?? '\n';
    const format = options.get('f');
    const [from, by, to] = [Number(first), Number(step), Number(last)];
    const count = Math.floor((to - from) / by + 1e-10) + 1;
    if (!(count > 0)) return 0;
    if (!Number.isFinite(count)) throw new CommandError('the sequence does not end');
    const BLOCK = 4096;
    for (let start = 0; start < count; start += BLOCK) {
      let out = '';
      const end = Math.min(count, start + BLOCK);
      for (let i = start; i < end; i++) {
        const value = from + i * by;
        let text = decimals === 0 ? String(value) : value.toFixed(decimals);
        if (format !== undefined) text = formatPrintf(format, [text], { nowMs: 0, startedMs: 0 }).text;
        else if (width > 0)
          text = value < 0 ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
        out += text + (i === count - 1 ? '\n' : separator);
      }
      await process.print(out);
    }
    return 0;
  },
);
