/** `history`, `fc -l`. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';

export function* history(shell: Shell, argv: string[]): Step<number> {
  const { history: lines } = shell;
  const [, word, value] = argv;
  if (word === '-c') {
    lines.length = 0;
    return 0;
  }
  if (word === '-d') {
    const index = Number(value);
    if (!Number.isInteger(index) || index < 1 || index > lines.length) {
      yield* shell.complain(`history: ${value ?? ''}: history position out of range`);
      return 1;
    }
    lines.splice(index - 1, 1);
    return 0;
  }
  if (word === '-a' || word === '-w' || word === '-r' || word === '-n') return 0;
  if (word === '-s') {
    lines.push(argv.slice(2).join(' '));
    return 0;
  }
  if (word !== undefined && !/^\d+$/.test(word)) {
    yield* shell.complain(`history: ${word}: numeric argument required`);
    return 1;
  }
  const first = word === undefined ? 0 : Math.max(0, lines.length - Number(word));
  yield* shell.print(
    lines
      .slice(first)
      .map((line, i) => `${String(first + i + 1).padStart(5)}  ${line}\n`)
      .join(''),
  );
  return 0;
}

export function* fc(shell: Shell, argv: string[]): Step<number> {
  if (!argv.includes('-l')) {
    yield* shell.complain('fc: only listing (fc -l) is available');
    return 1;
  }
  const first = Math.max(0, shell.history.length - 16);
  yield* shell.print(
    shell.history
      .slice(first)
      .map((line, i) => `${first + i + 1}\t ${line}\n`)
      .join(''),
  );
  return 0;
}

export function* help(shell: Shell): Step<number> {
  yield* shell.print(
    'GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n' +
      'These shell commands are defined internally. `COMMAND --help` tells about the other commands.\n\n' +
      `${shell.interpreter.builtinNames().join(' ')}\n`,
  );
  return 0;
}
