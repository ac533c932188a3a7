/** GNU `realpath`, and `readlink` under its name. */
import { Errno } from '../../../os/errno.ts';
import { joinPath, nameOf, parentOf } from '../../../os/path.ts';
import { commandName, complain, defineCommand, errnoMessage, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: 'efLmnPqsz',
    long: {
      'canonicalize-existing': 'e',
      canonicalize: 'f',
      'canonicalize-missing': 'm',
      quiet: 'q',
      'no-symlinks': 's',
      zero: 'z',
      'relative-to': 'relative:',
    },
    usage:
      'realpath [OPTION]... FILE...\nPrint the resolved absolute file name; all but the last component must exist.\n\n  -e, --canonicalize-existing  all components of the path must exist\n  -m, --canonicalize-missing   no path components need exist or be a directory',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const files = process.fileSystem;
    const link =
      commandName(process) === 'readlink' && !options.has('f') && !options.has('e') && !options.has('m');
    let status = 0;
    for (const path of operands) {
      const absolute = process.resolve(path);
      try {
        let text: string;
        if (link) text = files.readLink(absolute);
        else if (options.has('s')) text = absolute;
        else {
          try {
            text = files.realPath(absolute);
          } catch (error) {
            if (!(error instanceof Errno && error.code === 'ENOENT') || options.has('e')) throw error;
            text = options.has('m')
              ? absolute
              : joinPath(files.realPath(parentOf(absolute)), nameOf(absolute));
          }
        }
        const base = options.get('relative');
        if (base !== undefined) text = relative(files.realPath(process.resolve(base)), text);
        await process.print(text + (options.has('n') && link ? '' : options.has('z') ? '\0' : '\n'));
      } catch (error) {
        status = 1;
        const message = errnoMessage(error);
        if (commandName(process) !== 'readlink' && !options.has('q'))
          await complain(process, `${path}: ${message}`);
      }
    }
    return status;
  },
);

function relative(from: string, to: string): string {
  const [a, b] = [from.split('/').filter(Boolean), to.split('/').filter(Boolean)];
  let common = 0;
  while (common < a.length && a[common] === b[common]) common++;
  return [...a.slice(common).map(() => '..'), ...b.slice(common)].join('/') || '.';
}
