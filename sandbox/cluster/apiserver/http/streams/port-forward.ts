/**
 * Port-forward over a message socket: `v4.channel.k8s.io` with the ports in the query. Port number i has
 * channel 2i for its bytes and 2i+1 for what went wrong; both start with the port, little-endian.
 *
 * kubectl speaks SPDY through a socket instead (`serve/port-forward-tunnel.ts`).
 */
import { concat, encode } from '../../../../core/bytes.ts';
import type { MessageSocket } from '../../../../core/http.ts';
import type { Duplex } from '../../node-connector.ts';

export const PORT_FORWARD_PROTOCOLS = ['v4.channel.k8s.io'];

export async function servePortForward(
  socket: MessageSocket,
  ports: readonly number[],
  open: (port: number) => Promise<Duplex>,
): Promise<void> {
  const streams: (Duplex | undefined)[] = [];
  const send = (channel: number, bytes: Uint8Array) =>
    socket.send(concat([Uint8Array.of(channel), bytes])).catch(() => {});
  for (const [index, port] of ports.entries()) {
    const number = Uint8Array.of(port & 0xff, port >> 8);
    await send(2 * index, number);
    await send(2 * index + 1, number);
  }
  const opening = ports.map(async (port, index) => {
    try {
      streams[index] = await open(port);
    } catch (error) {
      await send(2 * index + 1, encode((error as Error).message));
    }
  });
  socket.onClose(() => {
    for (const stream of streams) stream?.close();
  });
  socket.onMessage(async (message) => {
    const channel = message[0]!;
    if (channel % 2 === 1) return;
    await opening[channel / 2];
    await streams[channel / 2]?.write(message.subarray(1)).catch(() => {});
  });
  await Promise.all(
    ports.map(async (_, index) => {
      await opening[index];
      for await (const bytes of streams[index]?.output ?? []) await send(2 * index, bytes);
    }),
  );
  socket.close(1000);
}
