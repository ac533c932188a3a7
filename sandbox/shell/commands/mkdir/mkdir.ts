/** GNU `mkdir`. */
import { complain, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'm:pvZ',
    long: { mode: 'm', parents: 'p', verbose: 'v' },
    usage:
      'mkdir [OPTION]... DIRECTORY...\nCreate the DIRECTORY(ies), if they do not already exist.\n\n  -m, --mode=MODE   set file mode (octal)\n  -p, --parents     no error if existing, make parent directories as needed\n  -v, --verbose     print a message for each created directory',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const mode =
      options.get('m') === undefined ? 0o777 & ~process.umask : Number.parseInt(options.get('m')!, 8);
    const files = process.fileSystem;
    let failed = false;
    for (const path of operands) {
      const absolute = process.resolve(path);
      try {
        if (options.has('p')) {
          if (kindOf(files, absolute) === 'directory') continue;
          files.mkdir(absolute, { recursive: true, mode });
        } else files.mkdir(absolute, { mode });
        if (options.has('v')) await process.print(`mkdir: created directory ${quoted(path)}\n`);
      } catch (error) {
        failed = true;
        await complain(process, `cannot create directory ${quoted(path)}: ${errnoMessage(error)}`);
      }
    }
    return failed ? 1 : 0;
  },
);
