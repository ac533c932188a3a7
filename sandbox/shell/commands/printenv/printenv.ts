/** GNU `printenv`. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: '0',
    long: { null: '0' },
    usage:
      'printenv [OPTION]... [VARIABLE]...\nPrint the values of the specified environment VARIABLE(s), or all of them.',
  },
  async (process, options, operands) => {
    const end = options.has('0') ? '\0' : '\n';
    if (operands.length === 0) {
      await process.print(
        Object.entries(process.environment)
          .map(([name, value]) => `${name}=${value}${end}`)
          .join(''),
      );
      return 0;
    }
    let status = 0;
    for (const name of operands) {
      const value = process.environment[name];
      if (value === undefined) status = 1;
      else await process.print(value + end);
    }
    return status;
  },
);
