/** `ss` (iproute2): the sockets that listen, as `netstat` knows them. */
import { defineCommand } from '../command.ts';
import { listenersOf } from '../interfaces.ts';

export const program = defineCommand(
  {
    short: 'alnoprtuxHs46e',
    long: { all: 'a', listening: 'l', numeric: 'n', processes: 'p', tcp: 't', udp: 'u', 'no-header': 'H' },
    usage:
      'ss [-altunpH]\nShow the sockets of this machine.\n\n  -l  those that listen\n  -a  all of them\n  -t  TCP\n  -n  numbers instead of names\n  -H  no header',
  },
  async (process, options) => {
    const tcp = options.has('t') || !(options.has('u') || options.has('x'));
    const sockets = tcp && (options.has('l') || options.has('a')) ? listenersOf(process) : [];
    const kind = options.has('t') && !options.has('u') ? '' : 'tcp   ';
    const width = Math.max(18, ...sockets.map(({ address }) => address.length + 1));
    const row = (
      netid: string,
      state: string,
      received: string,
      sent: string,
      local: string,
      port: string,
      peer: string,
      peerPort: string,
    ) =>
      `${kind === '' ? '' : netid.padEnd(6)}${state.padEnd(7)}${received.padEnd(7)}${sent.padEnd(7)}${local.padStart(width)}:${port.padEnd(6)}${peer.padStart(13)}:${peerPort}\n`;
    if (!options.has('H'))
      await process.print(
        row('Netid', 'State', 'Recv-Q', 'Send-Q', 'Local Address', 'Port', 'Peer Address', 'Port').replace(
          /\n$/,
          ' Process\n',
        ),
      );
    for (const { address, port } of sockets)
      await process.print(row('tcp', 'LISTEN', '0', '4096', address, String(port), '0.0.0.0', '*'));
  },
);
