/** `edit FILE`: asks the page to open the file in its editor, by an escape sequence that the terminal's host takes out. */
import { encode } from '../../../core/bytes.ts';
import { CommandError, defineCommand, errnoMessage, UsageError } from '../command.ts';
import { kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: '',
    usage: 'edit FILE\nOpen FILE in the editor beside the terminal; it is created when it does not exist.',
  },
  async (process, _options, operands) => {
    if (operands.length === 0) throw new UsageError('missing file operand');
    const terminal = process.files[1]?.terminal ?? process.terminal;
    if (!terminal)
      throw new CommandError('standard output is not a terminal, so there is no editor beside it');
    for (const path of operands) {
      const absolute = process.resolve(path);
      const kind = kindOf(process.fileSystem, absolute);
      if (kind === 'directory') throw new CommandError(`${path}: Is a directory`);
      try {
        if (kind === undefined) process.fileSystem.writeFile(absolute, encode(''));
      } catch (error) {
        throw new CommandError(`${path}: ${errnoMessage(error)}`);
      }
      const output = process.files[1]?.terminal ? process.files[1] : (terminal.file ?? process.files[1]);
      await output?.operations.write?.(encode(`\u001b]7777;edit;${absolute}\u0007`));
    }
    return 0;
  },
);
