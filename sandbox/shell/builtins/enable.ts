/** `enable`: builtins that step back for the program of their name, and come back. Loading some (`-f`) is left out. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';
import { SPECIAL_BUILTINS } from './table.ts';

export function* enable(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(1);
  const flags = new Set<string>();
  while (/^-./.test(words[0] ?? '')) {
    const word = words.shift()!;
    if (word === '--') break;
    for (const letter of word.slice(1)) {
      if (!'anps'.includes(letter)) {
        yield* shell.complain(`enable: -${letter}: invalid option`);
        yield (
          shell.process.printError('enable: usage: enable [-a] [-dnps] [-f filename] [name ...]\n') ??
          Promise.resolve()
        );
        return 2;
      }
      flags.add(letter);
    }
  }
  const disabled = shell.disabledBuiltins ?? new Set();
  const names = shell.interpreter
    .builtinNames()
    .filter((name) => !flags.has('s') || SPECIAL_BUILTINS.has(name));
  if (words.length === 0 || flags.has('p')) {
    const shown = flags.has('a') ? names : names.filter((name) => disabled.has(name) === flags.has('n'));
    yield* shell.print(shown.map((name) => `enable ${disabled.has(name) ? '-n ' : ''}${name}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const name of words) {
    if (!names.includes(name)) {
      yield* shell.complain(`enable: ${name}: not a shell builtin`);
      status = 1;
    } else if (flags.has('n')) disabled.add(name);
    else disabled.delete(name);
  }
  shell.disabledBuiltins = disabled.size > 0 ? disabled : undefined;
  return status;
}
