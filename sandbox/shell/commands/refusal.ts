/** Programs that a learner may reach for and that cannot do anything true here. */
import type { Program } from '../../os/machine.ts';
import { commandName } from './command.ts';

export const refusal =
  (reason: string, exitCode: number): Program =>
  async (process) => {
    await process.printError(`${commandName(process)}: ${reason}\n`);
    return exitCode;
  };
