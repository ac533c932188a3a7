/** `--dry-run`: nothing is changed; `server` asks the server to answer as if. */
import { CommandError } from './errors.ts';
import { flag, type Flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import type { DryRun } from './printers/output.ts';

export const DRY_RUN_FLAG: Flag = flag(
  'dry-run',
  'none',
  'Must be "none", "server", or "client". client prints what would be sent; server sends it and changes nothing.',
  { bare: 'unchanged' },
);

export const FIELD_MANAGER = (name: string): Flag =>
  flag('field-manager', name, 'Name under which the server records who owns fields.');

export const VALIDATE_FLAG: Flag = flag(
  'validate',
  'strict',
  'Must be one of: strict (or true), warn, ignore (or false). What to do about unknown and duplicate fields.',
  { bare: 'strict' },
);

/** What the server shall do about fields it does not know. */
export async function fieldValidation(invocation: Invocation): Promise<'Strict' | 'Warn' | 'Ignore'> {
  const value = invocation.flags.string('validate');
  switch (value) {
    case 'true':
    case 'strict':
      return 'Strict';
    case 'warn':
      return 'Warn';
    case 'false':
    case 'ignore':
      return 'Ignore';
  }
  throw new CommandError(
    `invalid - validate option ${JSON.stringify(value)}; must be one of: strict (or true), warn, ignore (or false)`,
  );
}

export async function dryRunOf(invocation: Invocation): Promise<DryRun> {
  const value = invocation.flags.string('dry-run');
  switch (value) {
    case 'none':
    case 'server':
    case 'client':
      return value;
    case 'unchanged':
      await invocation.printError(
        'W0000 --dry-run is deprecated and can be replaced with --dry-run=client.\n',
      );
      return 'client';
    case 'true':
    case 'false':
      throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }
  throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** What is said after the words of what would have been done. */
export const dryRunSuffix = (dryRun: DryRun): string =>
  dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
