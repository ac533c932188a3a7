/** GNU `touch`: creates files and sets their time. */
import { encode } from '../../../core/bytes.ts';
import { complain, CommandError, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { parseDate } from '../date/parse-date.ts';
import { kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'acd:fhmr:t:',
    long: { 'no-create': 'c', date: 'd', reference: 'r', time: 'time:' },
    usage:
      "touch [OPTION]... FILE...\nUpdate the modification time of each FILE to the current time.\nA FILE argument that does not exist is created empty, unless -c is supplied.\n\n  -c, --no-create        do not create any files\n  -d, --date=STRING      parse STRING and use it instead of current time\n  -r, --reference=FILE   use this file's time instead of current time",
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing file operand');
    const { clock } = process.machine;
    const files = process.fileSystem;
    let timeMs = clock.now();
    const reference = options.get('r');
    if (reference !== undefined) {
      try {
        timeMs = files.stat(process.resolve(reference)).mtimeMs;
      } catch (error) {
        throw new CommandError(`failed to get attributes of ${quoted(reference)}: ${errnoMessage(error)}`);
      }
    }
    const date = options.get('d');
    if (date !== undefined) {
      const parsed = parseDate(date, clock.now());
      if (parsed === undefined) throw new CommandError(`invalid date format ${quoted(date)}`);
      timeMs = parsed;
    }
    let failed = false;
    for (const path of operands) {
      const absolute = process.resolve(path);
      try {
        if (kindOf(files, absolute) === undefined) {
          if (options.has('c')) continue;
          files.writeFile(path.endsWith('/') ? `${absolute}/` : absolute, encode(''));
          files.chmod(absolute, 0o666 & ~process.umask);
          if (process.user.uid !== 0) files.chown(absolute, process.user.uid, process.user.gid);
        }
        files.utimes(absolute, timeMs);
      } catch (error) {
        failed = true;
        await complain(process, `cannot touch ${quoted(path)}: ${errnoMessage(error)}`);
      }
    }
    return failed ? 1 : 0;
  },
);
