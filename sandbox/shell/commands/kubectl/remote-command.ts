/**
 * The streams of exec and attach over a WebSocket, protocol `v5.channel.k8s.io` (client-go
 * `tools/remotecommand`): the first byte of a message is its channel. On a terminal it is made raw, the other
 * side's window follows its size, and the process gets the keyboard for itself while it lasts.
 */
import { concat, decode, encode } from '../../../core/bytes.ts';
import type { MessageSocket } from '../../../core/http.ts';
import type { Process } from '../../../os/process.ts';
import type { Status } from '../../../cluster/api/status.ts';
import type { Query } from './api.ts';
import { CommandError, SilentExit } from './errors.ts';
import type { Invocation } from './invocation.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5: the byte after it names the channel that ends. */
const CLOSE = 255;

export const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export interface StreamOptions {
  stdin: boolean;
  tty: boolean;
  /** Sent as standard input instead of the process' own. */
  input?: Uint8Array;
  /** Gets standard output instead of the process' own. */
  output?: (bytes: Uint8Array) => Promise<void> | undefined | void;
  /** Gets standard error instead of the process' own. */
  errorOutput?: (bytes: Uint8Array) => Promise<void> | undefined | void;
  /** Says nothing of an exit code other than 0. */
  quiet?: boolean;
}

/**
 * Copies both ways until the other side ends. Throws `SilentExit` with the command's exit code after saying
 * so, as kubectl does.
 */
export async function runRemote(
  invocation: Invocation,
  path: string,
  query: Query,
  streams: StreamOptions,
): Promise<void> {
  const { process, api } = invocation;
  const { stdin, tty } = streams;
  const socket = await api.connect(path, { ...query, stdin, stdout: true, stderr: !tty, tty }, PROTOCOLS);
  const terminal = tty ? process.files[0]?.terminal : undefined;
  const release = terminal && takeTerminal(process);
  const resized = terminal?.onResize(() => sendSize(socket, terminal));
  if (terminal) sendSize(socket, terminal);
  let status: Status | undefined;
  try {
    status = await process.wait(exchange(process, socket, streams));
  } finally {
    resized?.dispose();
    release?.();
    socket.close();
  }
  if (!status || status.status === 'Success') return;
  const exit = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (exit === undefined) throw new CommandError(status.message ?? 'the stream ended without a status');
  if (!streams.quiet) await invocation.printError(`command terminated with exit code ${exit}\n`);
  throw new SilentExit(Number(exit));
}

/** Raw mode, and a process group of its own in the foreground; the returned function gives both back. */
export function takeTerminal(process: Process): () => void {
  const terminal = process.files[0]!.terminal!;
  const { foreground } = terminal;
  const { processGroup } = process;
  process.processGroup = process.pid;
  terminal.foreground = process.pid;
  terminal.setRaw(true);
  return () => {
    terminal.setRaw(false);
    process.processGroup = processGroup;
    terminal.foreground = foreground;
  };
}

function sendSize(socket: MessageSocket, { columns, rows }: { columns: number; rows: number }): void {
  void socket.send(message(RESIZE, encode(JSON.stringify({ Width: columns, Height: rows })))).catch(() => {});
}

const message = (channel: number, bytes: Uint8Array): Uint8Array => concat([Uint8Array.of(channel), bytes]);

/** Resolves with the status of the command, or undefined when the connection ended without one. */
function exchange(
  process: Process,
  socket: MessageSocket,
  { stdin, input, output, errorOutput }: StreamOptions,
): Promise<Status | undefined> {
  let status: Status | undefined;
  let ended = false;
  return new Promise<Status | undefined>((resolve, reject) => {
    const finish = () => {
      ended = true;
      resolve(status);
    };
    // Writes keep their order, and the end waits for the last of them.
    let writing: Promise<void> = Promise.resolve();
    const write = (fd: number, bytes: Uint8Array) => {
      const sink = fd === 1 ? output : errorOutput;
      writing = writing.then(() => (sink ? sink(bytes) : process.write(fd, bytes)));
      writing.catch(reject);
    };
    socket.onMessage((data) => {
      const bytes = data.subarray(1);
      switch (data[0]) {
        case STDOUT:
          if (bytes.length > 0) write(1, bytes);
          break;
        case STDERR:
          if (bytes.length > 0) write(2, bytes);
          break;
        case ERROR:
          if (bytes.length === 0) break;
          status = parseStatus(decode(bytes));
          void writing.then(finish);
      }
    });
    socket.onClose(() => void writing.then(finish));
    if (input) void sendInput(socket, input).catch(reject);
    else if (stdin) void copyInput(process, socket, () => ended).catch(reject);
  });
}

function parseStatus(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    return { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Failure', message: text, code: 500 };
  }
}

/** Bytes of one message of standard input. */
const CHUNK_BYTES = 64 * 1024;

async function sendInput(socket: MessageSocket, input: Uint8Array): Promise<void> {
  for (let at = 0; at < input.length; at += CHUNK_BYTES)
    await socket.send(message(STDIN, input.subarray(at, at + CHUNK_BYTES)));
  if (socket.protocol === 'v5.channel.k8s.io') await socket.send(Uint8Array.of(CLOSE, STDIN));
}

async function copyInput(process: Process, socket: MessageSocket, ended: () => boolean): Promise<void> {
  const input = process.files[0];
  if (!input?.operations.read) return;
  for (;;) {
    const bytes = await input.operations.read();
    if (ended()) {
      // Typed after the end: it belongs to whoever reads next.
      if (bytes) input.operations.unread?.(bytes);
      return;
    }
    if (!bytes) {
      if (socket.protocol === 'v5.channel.k8s.io') await socket.send(Uint8Array.of(CLOSE, STDIN));
      return;
    }
    await socket.send(message(STDIN, bytes));
  }
}

/** Whether a terminal was asked for and can be had; says so when it cannot. */
export async function usableTty(invocation: Invocation, tty: boolean): Promise<boolean> {
  if (!tty) return false;
  if (invocation.process.files[0]?.terminal) return true;
  await invocation.printError('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return false;
}
