/** `nc`: whether a port accepts connections (-z). Raw streams are not carried by this network. */
import { Errno } from '../../../os/errno.ts';
import { NameNotFound } from '../../../os/network.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: 'lnp:uvw:z',
    usage:
      'nc [-vz] [-w SECONDS] HOST PORT...\n\n  -v  say what happens\n  -w  give up after SECONDS\n  -z  only see whether the port is open',
  },
  async (process, options, operands) => {
    if (options.has('l') || !options.has('z'))
      throw new CommandError(
        'only -z is available: this network carries HTTP and port checks, use curl to talk to a server',
      );
    const [host, ...ports] = operands;
    if (host === undefined || ports.length === 0) throw new UsageError('missing host or port');
    const { network, clock } = process.machine;
    let status = 0;
    const all = ports.flatMap((text) => {
      const [low = 0, high = low] = text.split('-').map(Number);
      return Array.from({ length: Math.max(1, high - low + 1) }, (_, i) => low + i);
    });
    for (const port of all) {
      const say = async (text: string) => {
        if (options.has('v')) await process.printError(`${text}\n`);
      };
      let timer: { dispose(): void } | undefined;
      try {
        if (!network) throw new Errno('ENETUNREACH');
        const limitMs = Number(options.get('w') ?? 120) * 1000;
        await process.withAbort((signal) =>
          Promise.race([
            network.dial(host, port, signal),
            new Promise<never>(
              (_, reject) => (timer = clock.setTimeout(() => reject(new Errno('ETIMEDOUT')), limitMs)),
            ),
          ]),
        );
        await say(`Connection to ${host} ${port} port [tcp/*] succeeded!`);
      } catch (error) {
        status = 1;
        if (error instanceof NameNotFound)
          await say(`nc: getaddrinfo for host "${host}" port ${port}: Name or service not known`);
        else if (error instanceof Errno)
          await say(`nc: connect to ${host} port ${port} (tcp) failed: ${error.message}`);
        else throw error;
      } finally {
        timer?.dispose();
      }
    }
    return status;
  },
);
