/** BIND's `nslookup` for A records. */
import { NameNotFound } from '../../../os/network.ts';
import { defineCommand, UsageError } from '../command.ts';

export const program = defineCommand(
  { short: '', usage: 'nslookup NAME\nAsk the name server for the addresses of NAME.' },
  async (process, _options, operands) => {
    const name = operands[0];
    if (name === undefined) throw new UsageError('missing name');
    let server = '10.96.0.10';
    try {
      server = /^nameserver\s+(\S+)/m.exec(process.readTextFile('/etc/resolv.conf'))?.[1] ?? server;
    } catch {
      // No resolv.conf: the cluster's usual address.
    }
    await process.print(`Server:\t\t${server}\nAddress:\t${server}#53\n\n`);
    try {
      const { network } = process.machine;
      if (!network) throw new NameNotFound(name);
      const addresses = await process.wait(network.resolve(name));
      await process.print(
        `${addresses.map((address) => `Name:\t${name}\nAddress: ${address}\n`).join('')}\n`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof NameNotFound)) throw error;
      await process.print(`** server can't find ${name}: NXDOMAIN\n\n`);
      return 1;
    }
  },
);
