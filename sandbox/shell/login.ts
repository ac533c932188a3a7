/** The terminal's shell: what the runtime starts on a pty. */
import type { Machine } from '../os/machine.ts';
import type { Process } from '../os/process.ts';
import type { Pty } from '../os/pty.ts';
import { loadParser } from './parser.ts';
import { runShell } from './run-shell.ts';

// It comes while the prompt is drawn. Whoever needs it and finds that it did not come tries again, and hears why not.
void loadParser()?.catch(() => {});

export interface LoginOptions {
  environment: Record<string, string>;
  /** Absolute; where the shell starts. */
  directory: string;
  user?: { uid: number; gid: number };
  flavour?: 'bash' | 'sh';
}

/** What Debian's `.bashrc` sets up. */
const ALIASES = [
  ['ls', 'ls --color=auto'],
  ['grep', 'grep --color=auto'],
  ['ll', 'ls -alF'],
  ['la', 'ls -A'],
  ['l', 'ls -CF'],
] as const;

const GREEN = '\\[\\e[1;32m\\]';
const BLUE = '\\[\\e[1;34m\\]';
const RESET = '\\[\\e[0m\\]';

/** `learner@slipway:~/work$ `, in colour unless NO_COLOR is set. */
function defaultPrompt(environment: Record<string, string>): string {
  if (environment['NO_COLOR']) return '\\u@\\h:\\w\\$ ';
  return `${GREEN}\\u@\\h${RESET}:${BLUE}\\w${RESET}\\$ `;
}

/** Starts an interactive shell on `pty`. Its process' `exited` resolves with the exit code. */
export function startShell(machine: Machine, pty: Pty, options: LoginOptions): Process {
  const flavour = options.flavour ?? 'bash';
  const environment: Record<string, string> = { TERM: 'xterm-256color', ...options.environment };
  // A variable of this shell, not of the environment: other shells have prompts of their own.
  const prompt = environment['PS1'] ?? (flavour === 'sh' ? undefined : defaultPrompt(environment));
  delete environment['PS1'];
  return machine.spawn({
    argv: [flavour],
    program: (process) =>
      runShell(process, {
        flavour,
        args: [],
        prepare: (shell) => {
          if (prompt !== undefined) shell.variables.set('PS1', prompt);
          if (flavour !== 'bash') return;
          for (const [name, value] of ALIASES) shell.aliases.set(name, value);
          // As bash-completion does, which Debian's `.bashrc` loads.
          shell.shopts.add('extglob');
        },
      }),
    environment,
    directory: options.directory,
    files: [pty.file, pty.file, pty.file],
    processGroup: 'new',
    terminal: pty,
    user: options.user,
    privileged: true,
  });
}
