/** exec, attach and port-forward: pkg/kubelet's streaming server with containerd's words. */
import type { NetworkStack } from '../network/network-stack.ts';
import { encode } from '../../core/bytes.ts';
import { macrotask } from '../../core/slice.ts';
import { Errno } from '../../os/errno.ts';
import { OpenFile } from '../../os/open-file.ts';
import { openPipe } from '../../os/pipe.ts';
import type { Process } from '../../os/process.ts';
import { Pty } from '../../os/pty.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Container } from './container.ts';
import { StartError } from './container-errors.ts';
import { BadRequest, RequestReader, responseBytes } from './http1.ts';
import { execFailed } from './run-command.ts';

export interface StreamOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** Both ends of a process in a container, as the API server carries them to a client. */
export interface ContainerStreams {
  readonly stdin: { write(bytes: Uint8Array): Promise<void>; close(): void } | undefined;
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<number>;
  close(): void;
}

export interface ForwardedPort {
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  close(): void;
}

/** Starts a process in a container. */
export async function exec(
  container: Container,
  command: string[],
  options: StreamOptions,
): Promise<ContainerStreams> {
  const stdout = new ByteQueue();
  const stderr = new ByteQueue();
  if (options.tty) return execInTerminal(container, command, options, stdout, stderr);
  const input = options.stdin
    ? openPipe()
    : { reader: new OpenFile({ read: async () => null, readNow: () => null }), writer: undefined };
  // Held until the client says that nothing more comes.
  input.writer?.acquire();
  const files = [
    input.reader,
    sink(options.stdout ? stdout : undefined),
    sink(options.stderr ? stderr : undefined),
  ];
  const process = await start(container, command, { files });
  const exit = process.exited.then((exitCode) => {
    stdout.close();
    stderr.close();
    return exitCode;
  });
  let open = true;
  const closeInput = () => {
    if (open) input.writer?.close();
    open = false;
  };
  return {
    stdin: options.stdin
      ? {
          write: async (bytes) => {
            try {
              await input.writer!.operations.write!(bytes);
            } catch (error) {
              // The process has closed its input: what is typed on goes nowhere.
              if (!(error instanceof Errno)) throw error;
            }
          },
          close: closeInput,
        }
      : undefined,
    stdout,
    stderr,
    resize: () => undefined,
    exit,
    // As in life, a process without a terminal outlives its client; its input ends.
    close: () => {
      closeInput();
      stdout.close();
      stderr.close();
    },
  };
}

async function execInTerminal(
  container: Container,
  command: string[],
  options: StreamOptions,
  stdout: ByteQueue,
  stderr: ByteQueue,
): Promise<ContainerStreams> {
  const { machine } = container;
  const terminal = new Pty({ machine, columns: 80, rows: 24 });
  let outputs = 0;
  let pressure: Promise<void> | undefined;
  terminal.onOutput((bytes) => {
    outputs++;
    return (pressure = stdout.push(bytes));
  });
  stderr.close();
  const files = [terminal.file, terminal.file, terminal.file];
  const process = await start(container, command, { files, terminal, environment: { TERM: 'xterm' } });
  const exit = process.exited.then(async (exitCode) => {
    // What was printed last is still on its way through the terminal.
    for (let before = -1; before !== outputs;) {
      before = outputs;
      await pressure;
      await macrotask();
    }
    stdout.close();
    terminal.dispose();
    return exitCode;
  });
  return {
    stdin: options.stdin
      ? {
          write: async (bytes) => terminal.write(bytes),
          close: () => terminal.write(new Uint8Array([4])),
        }
      : undefined,
    stdout,
    stderr,
    resize: (columns, rows) => terminal.resize(columns, rows),
    exit,
    close: () => {
      terminal.dispose();
      stdout.close();
    },
  };
}

async function start(
  container: Container,
  argv: string[],
  options: { files: (OpenFile | undefined)[]; terminal?: Pty; environment?: Record<string, string> },
): Promise<Process> {
  try {
    return await container.spawn({ argv, ...options });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new Error(
      `Internal error occurred: error executing command in container: ${execFailed(container, error.message)}`,
      { cause: error },
    );
  }
}

const sink = (queue: ByteQueue | undefined): OpenFile =>
  new OpenFile({ write: (bytes) => queue?.push(bytes) });

/** Connects to a container's first process: hears what it prints from now on, and types to it. */
export function attach(container: Container, options: StreamOptions): ContainerStreams {
  const stdout = new ByteQueue();
  const stderr = new ByteQueue();
  const heard = container.attach(({ stream, bytes }) => {
    if (stream === 'stdout' && options.stdout) void stdout.push(bytes);
    if (stream === 'stderr' && options.stderr) void stderr.push(bytes);
  });
  const close = () => {
    heard.dispose();
    stdout.close();
    stderr.close();
  };
  return {
    stdin:
      options.stdin && container.init.stdin
        ? { write: (bytes) => container.write(bytes), close: () => container.closeStdin() }
        : undefined,
    stdout,
    stderr,
    resize: (columns, rows) => container.terminal?.resize(columns, rows),
    exit: container.exited.then(() => {
      close();
      return container.exit!.exitCode;
    }),
    close,
  };
}

/** A connection to a port of a pod, made where the pod is: to its localhost. */
export function forwardPort(stack: NetworkStack, port: number): ForwardedPort {
  const input = new ByteQueue();
  const output = new ByteQueue();
  void serve(stack, port, input, output).finally(() => output.close());
  return {
    output,
    write: async (bytes) => input.push(bytes) ?? undefined,
    end: () => input.close(),
    close: () => {
      input.close();
      output.close();
    },
  };
}

async function serve(stack: NetworkStack, port: number, input: ByteQueue, output: ByteQueue): Promise<void> {
  const reader = new RequestReader(input);
  try {
    for (let next; (next = await reader.next());) {
      const { request, keepAlive } = next;
      const response = await stack.fetch('127.0.0.1', port, request);
      for await (const bytes of responseBytes(request, response, keepAlive)) await output.push(bytes);
      if (!keepAlive) return;
    }
  } catch (error) {
    if (error instanceof BadRequest)
      await output.push(encode('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
    // A connection that is refused or reset just ends, as a forwarded one does.
    else if (!(error instanceof Errno)) throw error;
  }
}
