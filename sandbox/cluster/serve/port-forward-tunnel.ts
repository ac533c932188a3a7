/**
 * kubectl's port-forward: SPDY/3.1 tunnelled through a WebSocket, with a data and an error stream for each
 * connection that somebody makes to the local port (`portforward.k8s.io` v1).
 */
import { encode } from '../../core/bytes.ts';
import type { MessageSocket } from '../../core/http.ts';
import type { Duplex } from '../apiserver/node-connector.ts';
import { SpdyConnection, type SpdyStream } from './spdy-connection.ts';

export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Serves until the client closes. `open` connects to a port of the pod. */
export function servePortForwardTunnel(socket: MessageSocket, open: (port: number) => Promise<Duplex>): void {
  /** Error streams whose data stream has not come yet, by request. */
  const errors = new Map<string, SpdyStream>();
  const connected = new Set<Duplex>();
  const connection = new SpdyConnection(
    (bytes) => socket.send(bytes).catch(() => {}),
    (stream) => {
      const request = stream.headers.get('requestid') ?? '';
      if (stream.headers.get('streamtype') === 'error') errors.set(request, stream);
      else void carry(stream, Number(stream.headers.get('port')), request);
    },
  );
  socket.onMessage((bytes) => connection.receive(bytes));
  socket.onClose(() => {
    connection.close();
    for (const duplex of connected) duplex.close();
  });

  async function carry(stream: SpdyStream, port: number, request: string): Promise<void> {
    const error = errors.get(request);
    errors.delete(request);
    let duplex: Duplex;
    try {
      duplex = await open(port);
    } catch (failure) {
      await error?.write(encode((failure as Error).message));
      await Promise.all([error?.end(), stream.reset()]);
      return;
    }
    connected.add(duplex);
    await Promise.all([upload(stream, duplex), download(duplex, stream)]);
    connected.delete(duplex);
    await error?.end();
  }
}

async function upload(stream: SpdyStream, duplex: Duplex): Promise<void> {
  for await (const bytes of stream.input) await duplex.write(bytes).catch(() => {});
  duplex.end();
}

async function download(duplex: Duplex, stream: SpdyStream): Promise<void> {
  for await (const bytes of duplex.output) await stream.write(bytes);
  await stream.end();
}
