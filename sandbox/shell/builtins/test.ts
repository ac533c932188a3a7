/** `test` and `[`. */
import type { Step } from '../coroutine.ts';
import type { Shell } from '../shell.ts';
import { TestError, testWords } from '../test-expression.ts';

export function test(shell: Shell, argv: string[]): number | Step<number> {
  const name = argv[0]!;
  let words = argv.slice(1);
  if (name === '[') {
    if (words.at(-1) !== ']') return complain(shell, "[: missing `]'");
    words = words.slice(0, -1);
  }
  try {
    return testWords(shell, words) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    return complain(shell, `${name}: ${error.message}`);
  }
}

function* complain(shell: Shell, message: string): Step<number> {
  yield* shell.complain(message);
  return 2;
}
