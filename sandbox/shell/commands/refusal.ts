/** Programs that a learner may reach for and that cannot do anything true here. */
import type { Program } from '../../os/machine.ts';
import { commandName } from './command.ts';

export const refusal =
  (reason: string, exitCode: number): Program =>
  async (process) => {
    if (process.argv.length === 2 && process.argv[1] === '--help') {
      await process.print(`Usage: ${commandName(process)}\nNot available here: ${reason}.\n`);
      return 0;
    }
    await process.printError(`${commandName(process)}: ${reason}\n`);
    return exitCode;
  };
