/**
 * `kubectl completion`: in this terminal the shell completes kubectl by itself (`completions.ts`), so the script
 * says so and does nothing; sourced from a `.bashrc`, as tutorials do, it is harmless. Other shells are not here.
 */
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';

const OTHERS = ['zsh', 'fish', 'powershell'];

export const command: Command = {
  use: 'SHELL',
  short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  long: 'Tab completes kubectl in this terminal without any setup: verbs, kinds, names, namespaces and flags. On a machine of your own this command prints the script that makes the shell do the same.',
  examples: [['What a .bashrc would hold', 'source <(kubectl completion bash)']],
  run: async (invocation) => {
    const [shell, ...more] = invocation.args;
    if (shell === undefined) throw invocation.usage('Shell not specified.');
    if (more.length > 0) throw invocation.usage('Too many arguments. Expected only the shell type.');
    if (OTHERS.includes(shell))
      throw new CommandError(
        `there is no ${shell} in this terminal: its shell is bash, in which Tab completes kubectl already`,
      );
    if (shell !== 'bash') throw invocation.usage(`Unsupported shell type ${JSON.stringify(shell)}.`);
    await invocation.print(
      '# kubectl completion for this terminal\n#\n# Nothing to load: the shell here completes kubectl by itself. Press Tab.\n:\n',
    );
  },
};
