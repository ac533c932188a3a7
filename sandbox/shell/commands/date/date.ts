/** GNU `date`, in UTC. The clock is the session's and cannot be set. */
import { formatTime } from '../../time-format.ts';
import { CommandError, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { parseDate } from './parse-date.ts';

export const program = defineCommand(
  {
    short: 'd:f:Ir:Rs:u',
    long: {
      date: 'd',
      'iso-8601': 'iso?',
      reference: 'r',
      'rfc-email': 'R',
      'rfc-3339': 'rfc3339:',
      set: 's',
      utc: 'u',
      universal: 'u',
    },
    usage:
      "date [OPTION]... [+FORMAT]\nDisplay date and time in the given FORMAT.\n\n  -d, --date=STRING        display time described by STRING, not 'now'\n  -I, --iso-8601[=FMT]     output date/time in ISO 8601 format\n  -r, --reference=FILE     display the last modification time of FILE\n  -R, --rfc-email          output date and time in RFC 5322 format\n  -u, --utc, --universal   print Coordinated Universal Time (UTC)",
  },
  async (process, options, operands) => {
    if (options.has('s')) throw new CommandError('cannot set date: Operation not permitted');
    const { clock } = process.machine;
    const files = process.fileSystem;
    let timeMs = clock.now();
    const text = options.get('d');
    if (text !== undefined) {
      const parsed = parseDate(text, timeMs);
      if (parsed === undefined) throw new CommandError(`invalid date ${quoted(text)}`);
      timeMs = parsed;
    }
    const reference = options.get('r');
    if (reference !== undefined) {
      try {
        timeMs = files.stat(process.resolve(reference)).mtimeMs;
      } catch (error) {
        throw new CommandError(`${reference}: ${errnoMessage(error)}`);
      }
    }
    if (operands.length > 1) throw new UsageError(`extra operand ${quoted(operands[1]!)}`);
    const operand = operands[0];
    if (operand !== undefined && !operand.startsWith('+'))
      throw new CommandError(`invalid date ${quoted(operand)}`);
    const iso = options.has('iso') ? (options.get('iso') ?? 'date') : options.has('I') ? 'date' : undefined;
    let format = operand?.slice(1) ?? '%a %b %e %H:%M:%S %Z %Y';
    if (iso !== undefined) {
      format =
        {
          date: '%Y-%m-%d',
          hours: '%Y-%m-%dT%H%:z',
          minutes: '%Y-%m-%dT%H:%M%:z',
          seconds: '%Y-%m-%dT%H:%M:%S%:z',
          ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
        }[iso] ?? '%Y-%m-%d';
    } else if (options.has('R')) format = '%a, %d %b %Y %H:%M:%S %z';
    else if (options.has('rfc3339'))
      format = options.get('rfc3339') === 'date' ? '%Y-%m-%d' : '%Y-%m-%d %H:%M:%S%:z';
    await process.print(`${formatTime(format, timeMs)}\n`);
    return 0;
  },
);
