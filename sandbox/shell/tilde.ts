/** Tilde expansion: `~`, `~user`, `~+`, `~-`. */
import type { Shell } from './shell.ts';

/** What `~user` stands for; itself, when nobody knows that user. */
export function tilde(shell: Shell, user: string): string {
  if (user === '') return shell.variables.get('HOME') ?? '/root';
  if (user === '+') return shell.process.directory;
  if (user === '-') return shell.variables.get('OLDPWD') ?? '~-';
  return homeOf(shell, user) ?? `~${user}`;
}

/** The home directory that /etc/passwd names. */
function homeOf(shell: Shell, user: string): string | undefined {
  try {
    for (const line of shell.process.readTextFile('/etc/passwd').split('\n')) {
      const fields = line.split(':');
      if (fields[0] === user) return fields[5];
    }
  } catch {
    // No such file: nobody is known.
  }
  return user === 'root' ? '/root' : undefined;
}
