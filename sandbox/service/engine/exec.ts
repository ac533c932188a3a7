/**
 * Programs inside containers, over the engine's API (`docker exec`). A stream without a terminal carries
 * stdout and stderr in one: frames of a byte of descriptor, three of nothing and four of length.
 */
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';

export interface ExecOptions {
  user?: string;
  workingDirectory?: string;
  environment?: string[];
  /** Written to stdin, which is then closed. */
  input?: Uint8Array | string;
  /** Gives up after this and throws `ExecTimedOut`: for programs that take a moment, or never end. */
  timeoutMs?: number;
}

export interface ExecResult {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** Nothing that is run this way prints more; a program that does is cut off rather than held in memory. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs a program to its end. */
export async function run(
  container: Docker.Container,
  command: string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { timeoutMs } = options;
  if (timeoutMs === undefined) return runToEnd(container, command, options);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ExecTimedOut(command, timeoutMs)), timeoutMs);
  });
  const running = runToEnd(container, command, options);
  // When it has been given up, nobody waits for how it ends.
  running.catch(() => {});
  try {
    return await Promise.race([running, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function runToEnd(
  container: Docker.Container,
  command: string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const { input } = options;
  const { exec, stream } = await start(
    container,
    input === undefined ? command : fed(command, input),
    options,
  );
  if (input !== undefined) stream.end(input);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let sizeBytes = 0;
  const watch = watchEnd(exec, stream);
  try {
    for await (const { descriptor, bytes } of demultiplex(stream)) {
      sizeBytes += bytes.length;
      if (sizeBytes > MAX_OUTPUT_BYTES) throw new RangeError(`${command[0]} printed too much`);
      (descriptor === 2 ? err : out).push(bytes);
    }
  } catch (error) {
    if (!watch.ended) throw error;
  } finally {
    watch.stop();
  }
  return {
    exitCode: await exitCode(exec),
    stdout: Buffer.concat(out),
    stderr: Buffer.concat(err).toString(),
  };
}

/**
 * The command with an input of known length. Now and then an engine under load loses the half-closing of a
 * connection that closes right after its start, and a program that reads to the end would wait for ever.
 */
function fed(command: string[], input: Uint8Array | string): string[] {
  const sizeBytes = Buffer.byteLength(input);
  return ['sh', '-c', 'size=$1; shift; head -c "$size" | "$@"', 'sh', String(sizeBytes), ...command];
}

const WATCH_MS = 2000;
/** Output that was written before the end is here by then. */
const GRACE_MS = 300;

/**
 * Now and then an engine under load keeps the connection of a program open that has ended. Who waits for the
 * end of its output would wait for ever, so it is asked whether it runs.
 */
function watchEnd(exec: Docker.Exec, stream: Duplex): { readonly ended: boolean; stop(): void } {
  let ended = false;
  const timer = setInterval(() => {
    exec.inspect().then(
      ({ Running, ExitCode }) => {
        if (Running || ExitCode === null || ended) return;
        setTimeout(() => {
          ended = true;
          stream.destroy();
        }, GRACE_MS);
      },
      // The container is gone, and the connection with it.
      () => {},
    );
  }, WATCH_MS);
  return {
    get ended() {
      return ended;
    },
    stop: () => clearInterval(timer),
  };
}

/** `run` for a program whose failure is ours. Throws `ExecFailed`. */
export async function runOrThrow(
  container: Docker.Container,
  command: string[],
  options: ExecOptions = {},
): Promise<Buffer> {
  const result = await run(container, command, options);
  if (result.exitCode !== 0) throw new ExecFailed(command, result);
  return result.stdout;
}

/** Starts a program and hands over its streams: stdin to write to, frames to `demultiplex`. */
export async function start(
  container: Docker.Container,
  command: string[],
  options: ExecOptions & { tty?: boolean } = {},
): Promise<{ exec: Docker.Exec; stream: Duplex }> {
  const exec = await container.exec({
    Cmd: command,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: options.tty ?? false,
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.workingDirectory === undefined ? {} : { WorkingDir: options.workingDirectory }),
    ...(options.environment === undefined ? {} : { Env: options.environment }),
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: options.tty ?? false });
  // A container that is removed resets the connection; who reads hears of it there.
  stream.on('error', () => {});
  return { exec, stream };
}

const FRAME_HEADER_BYTES = 8;

/** The two outputs of a program that has no terminal, in the order in which they were written. */
export async function* demultiplex(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<{ descriptor: number; bytes: Buffer }, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + rest.readUInt32BE(at + 4);
      if (end > rest.length) break;
      yield { descriptor: rest[at]!, bytes: rest.subarray(at + FRAME_HEADER_BYTES, end) };
      at = end;
    }
    rest = rest.subarray(at);
  }
}

/** The exit code of a program whose output has ended. The engine may learn of it a moment later. */
export async function exitCode(exec: Docker.Exec): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('The engine does not say how the program ended.');
}

/** The engine did not say in time how a program ended. */
export class ExecTimedOut extends Error {
  constructor(command: string[], timeoutMs: number) {
    super(`${command[0]}: no end after ${timeoutMs / 1000} s`);
  }
}

/** A program of ours in a container failed: command, exit code, output. */
export class ExecFailed extends Error {
  readonly command: string[];
  readonly exitCode: number;
  constructor(command: string[], { exitCode, stdout, stderr }: ExecResult) {
    const output = (stderr || stdout.toString()).trim().slice(-2000);
    super(`${command.join(' ').slice(0, 200)}: exit ${exitCode}${output ? `\n${output}` : ''}`);
    this.name = 'ExecFailed';
    this.command = command;
    this.exitCode = exitCode;
  }
}
