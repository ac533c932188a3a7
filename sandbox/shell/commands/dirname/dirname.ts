/** GNU `dirname`. */
import { defineCommand, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: 'z',
    long: { zero: 'z' },
    usage:
      'dirname [OPTION] NAME...\nOutput each NAME with its last non-slash component and trailing slashes removed.',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    for (const path of operands) {
      const trimmed = path.replace(/(.)\/+$/, '$1');
      const slash = trimmed.lastIndexOf('/');
      const directory = slash < 0 ? '.' : trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
      await process.print(`${directory}${options.has('z') ? '\0' : '\n'}`);
    }
    return 0;
  },
);
