/** debianutils `which`. */
import { findExecutable } from '../../../os/executable.ts';
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 'as',
    usage: 'which [-as] NAME...\nShow where a command is found; -a every place, -s only by the exit code.',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    let status = operands.length === 0 ? 1 : 0;
    for (const name of operands) {
      const found = await process.wait(
        findExecutable(process, name, process.environment['PATH'] ?? '').catch(() => undefined),
      );
      if (!found) status = 1;
      else if (!options.has('s')) await process.print(`${found.path}\n`);
    }
    return status;
  },
);
