/** Commands that run other commands: `xargs`, `env`, `timeout`, `find -exec`, `nohup`, `watch`. */
import { Errno } from '../../os/errno.ts';
import { findExecutable } from '../../os/executable.ts';
import type { Process, ProcessInit } from '../../os/process.ts';
import { commandName } from './command.ts';

export interface RunOptions {
  environment?: Record<string, string>;
  processGroup?: ProcessInit['processGroup'];
  files?: ProcessInit['files'];
}

/** Where programs are looked for without PATH. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Starts a command; undefined after a message when it cannot be found (127) or run (126), which is then in
 * `failure`.
 */
export async function startCommand(
  process: Process,
  argv: string[],
  options: RunOptions = {},
): Promise<Process | 126 | 127> {
  const environment = options.environment ?? process.environment;
  const name = argv[0]!;
  const complain = async (message: string, exitCode: 126 | 127): Promise<126 | 127> => {
    await process.printError(`${commandName(process)}: ${message}\n`);
    return exitCode;
  };
  try {
    const found = await process.wait(findExecutable(process, name, environment['PATH'] ?? DEFAULT_PATH));
    if (!found) return await complain(missing(process, name, 'No such file or directory'), 127);
    let words = argv;
    let program = found.kind === 'program' ? found.program : undefined;
    if (found.kind === 'script') {
      const interpreter = found.interpreter ?? ['/bin/sh'];
      const inner = await process.wait(findExecutable(process, interpreter[0]!, '').catch(() => undefined));
      if (inner?.kind === 'program') program = inner.program;
      words = [...interpreter, found.path, ...argv.slice(1)];
    }
    if (!program) return await complain(missing(process, name, 'No such file or directory'), 127);
    return process.machine.spawn({
      argv: words,
      program,
      parent: process,
      environment,
      files: options.files ?? process.files,
      processGroup: options.processGroup,
    });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return await complain(missing(process, name, error.message), error.code === 'ENOENT' ? 127 : 126);
  }
}

/** Runs a command to its end; its exit code. */
export async function runCommand(
  process: Process,
  argv: string[],
  options: RunOptions = {},
): Promise<number> {
  const started = await startCommand(process, argv, options);
  return typeof started === 'number' ? started : await process.wait(started.exited);
}

/** Each of them has its own way to say it. */
function missing(process: Process, name: string, reason: string): string {
  const command = commandName(process);
  if (command === 'xargs') return `${name}: ${reason}`;
  return command === 'env' ? `'${name}': ${reason}` : `failed to run command '${name}': ${reason}`;
}
