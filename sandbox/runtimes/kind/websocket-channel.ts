/** The platform's WebSocket as a channel. */
import { Emitter } from '../../core/emitter.ts';
import type { Channel } from '../remote/channel.ts';

/** Resolves when the socket is open; rejects when it cannot be opened. */
export async function openWebSocketChannel(url: string): Promise<Channel> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const channel = channelOf(socket);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    // A browser keeps the reason from the page.
    socket.addEventListener('close', () =>
      reject(new Error('The sandbox service did not take the connection.')),
    );
  });
  return channel;
}

function channelOf(socket: WebSocket): Channel {
  const frames = new Emitter<Uint8Array>();
  const closes = new Emitter<string>();
  socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) =>
    frames.fire(new Uint8Array(data)),
  );
  socket.addEventListener('close', ({ reason }) => {
    closes.fire(reason);
    closes.dispose();
    frames.dispose();
  });
  return {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame as Uint8Array<ArrayBuffer>);
    },
    onFrame: frames.event,
    onClose: closes.event,
    close: (reason = '') => socket.close(1000, reason.slice(0, 100)),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
  };
}
