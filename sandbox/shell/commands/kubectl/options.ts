/** `kubectl options`: the flags that every command takes. */
import type { Command } from './command.ts';
import { optionsHelp } from './help.ts';

export const command: Command = {
  use: '',
  short: 'Print the list of flags inherited by all commands',
  run: async (invocation) => void (await invocation.print(optionsHelp())),
};
