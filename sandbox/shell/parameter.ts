/** What a parameter's name stands for: variables, positional and special parameters (`$1`, `$?`, `$@`). */
import { ExpansionError } from './control-flow.ts';
import type { Shell } from './shell.ts';

/** `"$*"` joins with the first character of IFS, `$@` in an assignment with a space. */
export function joinList(shell: Shell, values: readonly string[], star: boolean): string {
  return values.join(star ? firstSeparator(shell) : ' ');
}

function firstSeparator(shell: Shell): string {
  const separators = shell.variables.get('IFS');
  return separators === undefined ? ' ' : separators.slice(0, 1);
}

/** `$name` as a string; undefined when unset. Positional and special parameters included. */
export function parameter(shell: Shell, name: string): string | undefined {
  const code = name.charCodeAt(0);
  if (code >= 48 && code <= 57) {
    const index = Number(name);
    return index === 0 ? shell.name : shell.positional[index - 1];
  }
  if (name.length === 1) {
    switch (name) {
      case '?':
        return String(shell.status);
      case '#':
        return String(shell.positional.length);
      case '$':
        return String(shell.rootPid);
      case '!':
        return shell.lastBackgroundPid === undefined ? undefined : String(shell.lastBackgroundPid);
      case '-':
        return shell.flags;
      case '@':
      case '*':
        return shell.positional.length === 0 ? undefined : joinList(shell, shell.positional, name === '*');
    }
  }
  return shell.variables.get(name);
}

export function parameterOrEmpty(shell: Shell, name: string): string {
  const value = parameter(shell, name);
  if (value === undefined) {
    if (shell.options.has('nounset') && name !== '@' && name !== '*') throw unbound(name);
    return '';
  }
  return value;
}

/** `set -u`: the parameter has no value. */
export const unbound = (name: string) =>
  new ExpansionError(`${/^\d+$/.test(name) ? `$${name}` : name}: unbound variable`, 127);
