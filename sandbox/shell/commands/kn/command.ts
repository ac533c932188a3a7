/** One command of `kn` (`service create`): its flags and what it does. */
import { StatusError } from '../../../cluster/api/status.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag, type Arguments, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { WaitLimits } from './client.ts';

export interface KnCommand {
  /** `create NAME --image IMAGE` */
  use: string;
  short: string;
  flags: readonly Flag[];
  run: (invocation: Invocation) => Promise<void> | undefined;
}

/** Waiting for what a command does. */
export const waitFlags = (what: string, action: string, byDefault: boolean): readonly Flag[] => [
  flag('wait', byDefault, `Wait for '${what} ${action}' operation to be completed.`),
  flag('no-wait', false, `Do not wait for '${what} ${action}' operation to be completed.`),
  ...WAIT_LIMIT_FLAGS,
];

export const WAIT_LIMIT_FLAGS: readonly Flag[] = [
  flag('wait-timeout', 600, 'Seconds to wait before giving up.'),
  flag('wait-window', 2, 'Seconds to wait after a false ready condition is returned.'),
];

export const waits = (flags: Arguments): boolean => flags.bool('wait') && !flags.bool('no-wait');

export const waitLimits = (flags: Arguments): WaitLimits => ({
  timeoutMs: flags.int('wait-timeout') * 1000,
  windowMs: flags.int('wait-window') * 1000,
});

/** The only argument, which the command cannot do without. */
export function onlyName({ args }: Invocation, command: string, what: string): string {
  if (args.length !== 1)
    throw new CommandError(`'${command}' requires the ${what} name given as single argument`);
  return args[0]!;
}

/** What the API refuses is told with what it was for. */
export async function told<T>(
  doing: string,
  name: string,
  namespace: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
    throw new CommandError(`cannot ${doing} '${name}' in namespace '${namespace}' because: ${error.message}`);
  }
}
