/** What the commands of `docker` share: their declaration, and the errors that the client turns into words. */
import type { ContainerEngine } from '../../../os/container-engine.ts';
import type { Process } from '../../../os/process.ts';
import type { Arguments, Flag } from '../kubectl/flags.ts';

export interface DockerContext {
  process: Process;
  engine: ContainerEngine;
  flags: Arguments;
  args: string[];
}

export interface DockerCommand {
  /** What follows its name in its usage. */
  use: string;
  short: string;
  /** Fewest and most arguments. */
  args: readonly [least: number, most: number];
  flags?: readonly Flag[];
  /** What follows the first argument belongs to a program (run, exec). */
  programs?: boolean;
  /** Returns the exit code; default 0. */
  run(context: DockerContext): Promise<number | void>;
}

export interface DockerEntry {
  load: () => Promise<{ command: DockerCommand }>;
  short: string;
}

/** Ends the command with a message of the client's own. */
export class ClientError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
