/**
 * net-tools' `netstat`: the sockets that listen. A connection here is one exchange, so there is none that stands open
 * to be shown; nor does a socket know its process (-p shows `-`, as for somebody who is not root).
 */
import { defineCommand } from '../command.ts';
import { listenersOf } from '../interfaces.ts';

export const program = defineCommand(
  {
    short: 'alnoprtuwx46',
    long: { all: 'a', listening: 'l', numeric: 'n', programs: 'p', route: 'r', tcp: 't', udp: 'u' },
    usage:
      'netstat [-altunp] [-r]\nShow the sockets of this machine.\n\n  -l  those that listen\n  -a  all of them\n  -t  TCP\n  -n  numbers instead of names\n  -r  the routing table',
  },
  async (process, options) => {
    if (options.has('r')) {
      const { program: route } = await process.wait(import('../route/route.ts'));
      process.argv.splice(0, process.argv.length, 'route', '-n');
      return (await route(process)) ?? 0;
    }
    const [all, listening] = [options.has('a'), options.has('l')];
    const what = all ? 'servers and established' : listening ? 'only servers' : 'w/o servers';
    const owner = options.has('p');
    await process.print(
      `Active Internet connections (${what})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${owner ? ' PID/Program name    ' : ' '}\n`,
    );
    const tcp = options.has('t') || !(options.has('u') || options.has('w') || options.has('x'));
    if (!tcp || !(all || listening)) return 0;
    for (const { port, address } of listenersOf(process))
      await process.print(
        `tcp        0      0 ${`${address}:${port}`.padEnd(23)} ${'0.0.0.0:*'.padEnd(23)} LISTEN     ${owner ? ' -                   ' : ' '}\n`,
      );
    return 0;
  },
);
