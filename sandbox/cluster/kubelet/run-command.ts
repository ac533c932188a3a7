/** Running a command in a container and keeping what it says: exec probes and lifecycle hooks. */
import { concat, decode } from '../../core/bytes.ts';
import { OpenFile } from '../../os/open-file.ts';
import type { Process } from '../../os/process.ts';
import { type Container, randomId } from './container.ts';
import { StartError } from './container-errors.ts';

export interface CommandResult {
  exitCode: number;
  /** Both streams as they came, at most 10 KiB (`maxReadLength` of the exec prober). */
  output: string;
}

/** The command took longer than it may. */
export class CommandTimeout extends Error {}

const MAX_OUTPUT_BYTES = 10_240;

/** Rejects with `StartError` when there is no such command, and with `CommandTimeout`. */
export async function runCommand(
  container: Container,
  argv: string[],
  timeoutMs: number,
): Promise<CommandResult> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const sink = new OpenFile({
    write: (bytes) => {
      if (size < MAX_OUTPUT_BYTES) chunks.push(bytes.subarray(0, MAX_OUTPUT_BYTES - size));
      size += bytes.length;
      return undefined;
    },
  });
  const input = new OpenFile({ read: () => Promise.resolve(null), readNow: () => null });
  let process: Process;
  try {
    process = await container.spawn({ argv, files: [input, sink, sink] });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new StartError(execFailed(container, error.message));
  }
  let timedOut = false;
  const timer = container.init.clock.setTimeout(() => {
    timedOut = true;
    process.signal('KILL');
  }, timeoutMs);
  const exitCode = await process.exited;
  timer.dispose();
  if (timedOut)
    throw new CommandTimeout(`command timed out: "${argv.join(' ')}" timed out after ${timeoutMs / 1000}s`);
  return { exitCode, output: chunks.length === 0 ? '' : decode(concat(chunks)) };
}

/** The words of containerd around runc's for an exec that did not start. */
export function execFailed(container: Container, message: string): string {
  const id = randomId(container.init.random);
  return `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: ${message}`;
}
