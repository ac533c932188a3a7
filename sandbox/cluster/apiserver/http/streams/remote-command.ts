/**
 * exec and attach over a message socket: `v5.channel.k8s.io` and `v4.channel.k8s.io`. The first byte of a
 * message is its channel. The outcome is a Status on the error channel, then the socket closes.
 */
import { concat, decode, encode } from '../../../../core/bytes.ts';
import type { MessageSocket } from '../../../../core/http.ts';
import type { ExecStreams } from '../../node-connector.ts';

export const REMOTE_COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5 only: the next byte names a channel on which nothing more comes. */
const CLOSE = 255;

/** Carries a process's streams until it ends or the client goes. `start` may fail: the client hears why. */
export async function serveRemoteCommand(
  socket: MessageSocket,
  start: () => Promise<ExecStreams>,
): Promise<void> {
  let gone = false;
  let streams: ExecStreams | undefined;
  socket.onClose(() => {
    gone = true;
    streams?.close();
  });
  try {
    streams = await start();
  } catch (error) {
    await report(socket, failure(`Internal error occurred: ${(error as Error).message}`));
    return;
  }
  if (gone) return streams.close();
  const { stdin } = streams;
  socket.onMessage(async (message) => {
    const payload = message.subarray(1);
    switch (message[0]) {
      case STDIN:
        // A process that has ended takes no more; that it ended is told by its Status.
        if (payload.length > 0) await stdin?.write(payload).catch(() => {});
        return;
      case RESIZE: {
        const { Width, Height } = JSON.parse(decode(payload)) as { Width: number; Height: number };
        streams!.resize(Width, Height);
        return;
      }
      case CLOSE:
        if (payload[0] === STDIN) stdin?.close();
    }
  });
  const outputs = Promise.all([
    pump(streams.stdout, STDOUT, socket, () => gone),
    pump(streams.stderr, STDERR, socket, () => gone),
  ]);
  try {
    const exitCode = await streams.exit;
    await outputs;
    await report(socket, exitCode === 0 ? SUCCESS : exited(exitCode));
  } catch (error) {
    await report(socket, failure(`Internal error occurred: ${(error as Error).message}`));
  }
}

async function pump(
  output: AsyncIterable<Uint8Array>,
  channel: number,
  socket: MessageSocket,
  gone: () => boolean,
): Promise<void> {
  for await (const bytes of output) {
    if (gone()) return;
    await socket.send(concat([Uint8Array.of(channel), bytes])).catch(() => {});
  }
}

const SUCCESS = { metadata: {}, status: 'Success' };

function exited(exitCode: number): object {
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function failure(message: string): object {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}

async function report(socket: MessageSocket, status: object): Promise<void> {
  const message = concat([Uint8Array.of(ERROR), encode(JSON.stringify(status))]);
  await socket.send(message).catch(() => {});
  socket.close(1000);
}
