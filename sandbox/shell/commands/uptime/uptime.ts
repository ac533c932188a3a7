/** procps `uptime`, since the oldest process started. */
import { defineCommand } from '../command.ts';
import { uptimeLine, uptimeMinutes } from './uptime-line.ts';

export const program = defineCommand(
  {
    short: 'ps',
    long: { pretty: 'p', since: 's' },
    usage: 'uptime [options]\n\n  -p, --pretty  show uptime in pretty format',
  },
  async (process, options) => {
    const { machine } = process;
    if (!options.has('p')) {
      await process.print(` ${uptimeLine(machine)}\n`);
      return 0;
    }
    const minutes = uptimeMinutes(machine);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    await process.print(
      `up ${hours > 0 ? `${hours} hour${hours > 1 ? 's' : ''}, ` : ''}${rest} minute${rest === 1 ? '' : 's'}\n`,
    );
    return 0;
  },
);
