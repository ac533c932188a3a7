/**
 * What a verb is: its flags, its help and its `run`. A verb's file exports `command`; a verb with verbs of its
 * own (`create`, `rollout`) has `subcommands`, each loaded when first used.
 */
import type { Flag } from './flags.ts';
import type { Invocation } from './invocation.ts';

/** What help and suggestions need to know without loading the verb. */
export interface CommandEntry {
  short: string;
  load: () => Promise<{ command: Command }>;
  aliases?: readonly string[];
  /** Words that are answered with this one as a suggestion. */
  suggestFor?: readonly string[];
}

export type CommandTable = Readonly<Record<string, CommandEntry>>;

export interface Command {
  /** What follows the command's own name in its usage line. */
  use: string;
  short: string;
  long?: string;
  /** Comment, command line. */
  examples?: readonly (readonly [string, string])[];
  flags?: readonly Flag[];
  subcommands?: CommandTable;
  /** False: flags end at the first argument that is none. */
  interspersed?: boolean;
  /** Exit code; 0 when undefined. */
  run?(invocation: Invocation): Promise<number | void>;
}
