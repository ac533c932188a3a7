/** `hostname`. */
import { CommandError, defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 'fiIs',
    long: { fqdn: 'f', 'ip-address': 'i', 'all-ip-addresses': 'I', short: 's' },
    usage:
      'hostname [-f|-i|-I|-s]\nShow the name of this machine: whole (-f), short (-s), or its addresses (-i, -I).',
  },
  async (process, options, operands) => {
    if (operands.length > 0) throw new CommandError('you must be root to change the host name');
    const { hostname, network } = process.machine;
    if (options.has('i') || options.has('I'))
      await process.print(`${network?.addresses.join(' ') ?? '127.0.0.1'}\n`);
    else await process.print(`${options.has('s') ? hostname.split('.')[0] : hostname}\n`);
    return 0;
  },
);
