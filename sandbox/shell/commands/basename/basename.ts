/** GNU `basename`. */
import { defineCommand, quoted, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: '+as:z',
    long: { multiple: 'a', suffix: 's', zero: 'z' },
    usage:
      'basename NAME [SUFFIX]\n  or:  basename OPTION... NAME...\nPrint NAME with any leading directory components removed.',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const many = options.has('a') || options.has('s');
    if (!many && operands.length > 2) throw new UsageError(`extra operand ${quoted(operands[2]!)}`);
    const suffix = options.get('s') ?? (many ? undefined : operands[1]);
    for (const path of many ? operands : operands.slice(0, 1)) {
      let name = /^\/+$/.test(path) ? '/' : path.replace(/\/+$/, '').split('/').at(-1)!;
      if (suffix && name !== suffix && name.endsWith(suffix)) name = name.slice(0, -suffix.length);
      await process.print(`${name}${options.has('z') ? '\0' : '\n'}`);
    }
    return 0;
  },
);
