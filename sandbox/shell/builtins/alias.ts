/** `alias`, `unalias`, `hash`. */
import type { Step } from '../coroutine.ts';
import { quoteSingle } from '../parameter-operations.ts';
import type { Shell } from '../shell.ts';
import { findFile } from './type.ts';

export function* alias(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(1).filter((word) => word !== '-p' && word !== '--');
  const show = (name: string) => `alias ${name}=${quoteSingle(shell.aliases.get(name)!)}\n`;
  if (words.length === 0) {
    yield* shell.print([...shell.aliases.keys()].sort().map(show).join(''));
    return 0;
  }
  let status = 0;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) shell.aliases.set(word.slice(0, equals), word.slice(equals + 1));
    else if (shell.aliases.has(word)) yield* shell.print(show(word));
    else {
      yield* shell.complain(`alias: ${word}: not found`);
      status = 1;
    }
  }
  return status;
}

export function* unalias(shell: Shell, argv: string[]): Step<number> {
  if (argv[1] === '-a') {
    shell.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const word of argv.slice(1)) {
    if (shell.aliases.delete(word)) continue;
    yield* shell.complain(`unalias: ${word}: not found`);
    status = 1;
  }
  return status;
}

/** Names are looked up every time, so there is nothing to remember; `hash NAME` only says whether it exists. */
export function* hash(shell: Shell, argv: string[]): Step<number> {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  if (argv.length === 1) {
    yield* shell.print('hash: hash table empty\n');
    return 0;
  }
  let status = 0;
  for (const word of words) {
    if (yield* findFile(shell, word)) continue;
    yield* shell.complain(`hash: ${word}: not found`);
    status = 1;
  }
  return status;
}
