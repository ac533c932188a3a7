/** procps `uptime`, since the oldest process started. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 'ps',
    long: { pretty: 'p', since: 's' },
    usage: 'uptime [options]\n\n  -p, --pretty  show uptime in pretty format',
  },
  async (process, options) => {
    const now = process.machine.clock.now();
    const loads = process.machine.load.at(now).map((each) => each.toFixed(2));
    const started = Math.min(...[...process.machine.processes.values()].map((each) => each.startTimeMs));
    const minutes = Math.floor((now - started) / 60_000);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    if (options.has('p'))
      await process.print(
        `up ${hours > 0 ? `${hours} hour${hours > 1 ? 's' : ''}, ` : ''}${rest} minute${rest === 1 ? '' : 's'}\n`,
      );
    else
      await process.print(
        ` ${new Date(now).toISOString().slice(11, 19)} up ${hours > 0 ? `${String(hours).padStart(2)}:${String(rest).padStart(2, '0')}` : `${rest} min`},  1 user,  load average: ${loads.join(', ')}\n`,
      );
    return 0;
  },
);
