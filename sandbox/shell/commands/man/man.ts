/** `man COMMAND`: what the command says about itself with --help. */
import { defineCommand } from '../command.ts';
import { startCommand } from '../run-command.ts';

export const program = defineCommand(
  { short: 'k:f', usage: 'man COMMAND\nShow how COMMAND is used.' },
  async (process, _options, operands) => {
    const name = operands.at(-1);
    if (name === undefined) {
      await process.printError("What manual page do you want?\nFor example, try 'man ls'.\n");
      return 1;
    }
    if (!process.machine.programNames().includes(name)) {
      await process.printError(`No manual entry for ${name}\n`);
      return 16;
    }
    // `test --help` asks whether `--help` is empty; the page is that of its other name.
    const started = await startCommand(process, [name === 'test' ? '[' : name, '--help']);
    return typeof started === 'number' ? started : await process.wait(started.exited);
  },
);
