/** A WebSocket as a channel. A client that does not answer pings any more is taken for gone. */
import type { WebSocket } from 'ws';
import { Emitter } from '../../core/emitter.ts';
import type { Channel } from '../../runtimes/remote/channel.ts';

/** A laptop that was closed is noticed after two of these. */
const PING_MS = 20_000;

export function webSocketChannel(socket: WebSocket): Channel {
  const frames = new Emitter<Uint8Array>();
  const closes = new Emitter<string>();
  let closed = false;
  let answered = true;
  const pinging = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    return socket.ping();
  }, PING_MS);
  pinging.unref();

  socket.on('pong', () => (answered = true));
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return socket.close(1003, 'Binary messages only.');
    return frames.fire(data);
  });
  socket.on('close', (_code, reason) => {
    closed = true;
    clearInterval(pinging);
    closes.fire(reason.toString());
    closes.dispose();
    frames.dispose();
  });
  // `close` follows.
  socket.on('error', () => {});

  return {
    send(frame) {
      if (!closed && socket.readyState === socket.OPEN) socket.send(frame);
    },
    onFrame: frames.event,
    onClose: closes.event,
    // A close message holds 123 bytes of reason.
    close: (reason = '') => socket.close(1000, reason.slice(0, 100)),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
  };
}
