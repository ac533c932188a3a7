/** Every command by name. A command is loaded when it is first used. */
import type { Program } from '../../os/machine.ts';

export interface CommandModule {
  program: Program;
  /** Words that may stand at `index` of the command line `words` (Tab completion). */
  completions?: (context: CompletionContext) => Promise<string[]> | string[];
}

export interface CompletionContext {
  /** The words so far, the command's name first; the one at `index` may be unfinished. */
  words: string[];
  index: number;
  process: import('../../os/process.ts').Process;
}

type Load = () => Promise<CommandModule>;

export const COMMANDS: Record<string, Load> = {
  bash: () => import('./bash/bash.ts'),
  cat: () => import('./cat/cat.ts'),
  echo: () => import('./echo/echo.ts'),
  ls: () => import('./ls/ls.ts'),
  sh: () => import('./sh/sh.ts'),
};

/** For `Machine.findProgram`: the program, loaded, or undefined. */
export async function findCommand(name: string): Promise<Program | undefined> {
  return Object.hasOwn(COMMANDS, name) ? (await COMMANDS[name]!()).program : undefined;
}

/** For `Machine.programNames`. */
export const commandNames = (): string[] => Object.keys(COMMANDS).sort();
