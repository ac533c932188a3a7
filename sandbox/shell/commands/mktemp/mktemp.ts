/** GNU `mktemp`. */
import { joinPath } from '../../../os/path.ts';
import { EMPTY } from '../../../core/bytes.ts';
import { CommandError, defineCommand, errnoMessage, quoted } from '../command.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const program = defineCommand(
  {
    short: 'dp:qtu',
    long: { directory: 'd', 'dry-run': 'u', quiet: 'q', tmpdir: 'p', suffix: 'suffix:' },
    usage:
      'mktemp [OPTION]... [TEMPLATE]\nCreate a temporary file or directory, safely, and print its name.\nTEMPLATE must contain at least 3 consecutive X in its last component.\n\n  -d, --directory   create a directory, not a file\n  -u, --dry-run     do not create anything; merely print a name\n      --suffix=SUFF append SUFF to TEMPLATE\n  -p DIR            interpret TEMPLATE relative to DIR\n  -t                interpret TEMPLATE relative to $TMPDIR, or else /tmp',
  },
  async (process, options, operands) => {
    const { random } = process.machine;
    const temporary = process.environment['TMPDIR'] || '/tmp';
    const given = operands[0];
    const template = (given ?? 'tmp.XXXXXXXXXX') + (options.get('suffix') ?? '');
    const directory = options.get('p') ?? (given === undefined || options.has('t') ? temporary : '');
    const match = /^(.*?)(X{3,})([^X/]*)$/s.exec(template);
    if (!match) throw new CommandError(`too few X's in template ${quoted(template)}`);
    const kind = options.has('d') ? 'directory' : 'file';
    const files = process.fileSystem;
    for (;;) {
      const letters = Array.from(match[2]!, () => LETTERS[random.bits() % LETTERS.length]).join('');
      const name = match[1] + letters + match[3];
      const shown = directory === '' ? name : joinPath(directory, name);
      const path = process.resolve(shown);
      try {
        files.lstat(path);
        continue;
      } catch {
        // Free.
      }
      try {
        if (options.has('u')) files.readDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
        else if (kind === 'directory') files.mkdir(path, { mode: 0o700 });
        else {
          files.writeFile(path, EMPTY);
          files.chmod(path, 0o600);
        }
      } catch (error) {
        if (options.has('q')) return 1;
        const where = directory === '' ? template : joinPath(directory, template);
        throw new CommandError(
          `failed to create ${kind} via template ${quoted(where)}: ${errnoMessage(error)}`,
        );
      }
      await process.print(`${shown}\n`);
      return 0;
    }
  },
);
