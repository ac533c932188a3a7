/** `trap`. */
import { commandText } from '../command-text.ts';
import type { Step } from '../coroutine.ts';
import { quoteSingle } from '../parameter-operations.ts';
import { isPseudoSignal, type Shell } from '../shell.ts';
import { setTrap, trapName } from '../traps.ts';

export function* trap(shell: Shell, argv: string[]): Step<number> {
  shell.writeCommand = commandText;
  let words = argv.slice(1);
  if (words[0] === '--') words = words.slice(1);
  if (words[0] === '-l') return yield* shell.interpreter.runArguments(shell, ['kill', '-l']);
  if (words.length === 0 || words[0] === '-p') {
    const wanted = words.slice(1).map(trapName);
    for (const [name, command] of shell.inheritedTraps ?? shell.traps) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      yield* shell.print(`trap -- ${quoteSingle(command)} ${isPseudoSignal(name) ? name : `SIG${name}`}\n`);
    }
    return 0;
  }
  // A single word, or a number in front, puts the defaults back.
  const resets = words.length === 1 || /^\d+$/.test(words[0]!) || words[0] === '-';
  const command = resets ? undefined : words[0];
  const names = words.length === 1 || /^\d+$/.test(words[0]!) ? words : words.slice(1);
  let status = 0;
  for (const word of names) {
    const name = trapName(word);
    if (!name) {
      yield* shell.complain(`trap: ${word}: invalid signal specification`);
      status = 1;
    } else if (name !== 'KILL' && name !== 'STOP') setTrap(shell, name, command);
  }
  return status;
}
