/** GNU `rmdir`. */
import { parentOf } from '../../../os/path.ts';
import { complain, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: 'pv',
    long: { parents: 'p', verbose: 'v', 'ignore-fail-on-non-empty': 'ignore' },
    usage:
      'rmdir [OPTION]... DIRECTORY...\nRemove the DIRECTORY(ies), if they are empty.\n\n  -p, --parents   remove DIRECTORY and its ancestors\n  -v, --verbose   output a diagnostic for every directory processed',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    let failed = false;
    for (const operand of operands) {
      for (
        let path = operand;
        path !== '.' && path !== '/' && path !== '';
        path = options.has('p') ? parentOf(path) : ''
      ) {
        try {
          if (options.has('v')) await process.print(`rmdir: removing directory, ${quoted(path)}\n`);
          process.fileSystem.rmdir(process.resolve(path));
        } catch (error) {
          const message = errnoMessage(error);
          if (options.has('ignore') && message === 'Directory not empty') break;
          failed = true;
          await complain(process, `failed to remove ${quoted(path)}: ${message}`);
          break;
        }
      }
    }
    return failed ? 1 : 0;
  },
);
