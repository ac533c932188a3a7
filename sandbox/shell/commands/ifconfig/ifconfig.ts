/** net-tools' `ifconfig`, to look at interfaces. Nothing can be set, and nothing is counted. */
import { CommandError, defineCommand } from '../command.ts';
import { broadcastOf, interfacesOf, maskOf } from '../interfaces.ts';

export const program = defineCommand(
  { short: 'a', usage: 'ifconfig [-a] [INTERFACE]\nShow the network interfaces of this machine.' },
  async (process, _options, operands) => {
    if (operands.length > 1) throw new CommandError('SIOCSIFADDR: Operation not permitted');
    const all = interfacesOf(process).reverse();
    const list = operands[0] === undefined ? all : all.filter(({ name }) => name === operands[0]);
    if (list.length === 0)
      throw new CommandError(`${operands[0]}: error fetching interface information: Device not found`);
    for (const each of list) {
      const loopback = each.name === 'lo';
      await process.print(
        `${each.name}: flags=${loopback ? '73<UP,LOOPBACK,RUNNING>' : '4163<UP,BROADCAST,RUNNING,MULTICAST>'}  mtu ${each.mtu}
        inet ${each.address}  netmask ${maskOf(each.prefixLength)}${loopback ? '' : `  broadcast ${broadcastOf(each)}`}
        ${loopback ? 'loop  txqueuelen 1000  (Local Loopback)' : `ether ${each.mac}  txqueuelen 1000  (Ethernet)`}\n\n`,
      );
    }
  },
);
