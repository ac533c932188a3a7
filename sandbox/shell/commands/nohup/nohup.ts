/** GNU `nohup`. */
import { open } from '../../../os/open.ts';
import { defineCommand, UsageError } from '../command.ts';
import { startCommand } from '../run-command.ts';

export const program = defineCommand(
  { short: '+', usage: 'nohup COMMAND [ARG]...\nRun COMMAND, ignoring hangup signals.', usageExitCode: 125 },
  async (process, _options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const files = [...process.files];
    if (files[1]?.terminal) {
      files[1] = open(process, 'nohup.out', { write: true, create: true, append: true, mode: 0o600 });
      if (files[2]?.terminal) files[2] = files[1];
      await process.printError("nohup: ignoring input and appending output to 'nohup.out'\n");
    }
    process.ignored.add('HUP');
    const started = await startCommand(process, operands, { files });
    if (typeof started === 'number') return started;
    started.ignored.add('HUP');
    return await process.wait(started.exited);
  },
);
