/** net-tools' `route`, to look at. */
import { CommandError, defineCommand } from '../command.ts';
import { maskOf, routesOf } from '../interfaces.ts';

export const program = defineCommand(
  { short: 'ne', usage: 'route [-n]\nShow the kernel’s routing table.' },
  async (process, options, operands) => {
    if (operands.length > 0) throw new CommandError('SIOCADDRT: Operation not permitted', 7);
    const row = (...cells: string[]) =>
      `${cells[0]!.padEnd(15)} ${cells[1]!.padEnd(15)} ${cells[2]!.padEnd(15)} ${cells[3]!.padEnd(5)} ${cells[4]!.padEnd(6)} ${cells[5]!.padEnd(6)} ${cells[6]!.padStart(3)} ${cells[7]}\n`;
    await process.print(
      `Kernel IP routing table\n${row('Destination', 'Gateway', 'Genmask', 'Flags', 'Metric', 'Ref', 'Use', 'Iface')}`,
    );
    for (const { destination, gateway } of routesOf(process)) {
      const [network = '', prefix] = destination.split('/');
      const isDefault = destination === 'default';
      const mask = isDefault ? '0.0.0.0' : maskOf(prefix === undefined ? 32 : Number(prefix));
      const flags = `U${gateway === undefined ? '' : 'G'}${!isDefault && prefix === undefined ? 'H' : ''}`;
      await process.print(
        row(
          isDefault ? (options.has('n') ? '0.0.0.0' : 'default') : network,
          gateway ?? '0.0.0.0',
          mask,
          flags,
          '0',
          '0',
          '0',
          'eth0',
        ),
      );
    }
  },
);
