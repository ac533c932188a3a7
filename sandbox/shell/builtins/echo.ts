/** `echo` with `-n`, `-e`, `-E` as bash has it. */
import type { Step } from '../coroutine.ts';
import { unescape } from '../parameter-operations.ts';
import type { Shell } from '../shell.ts';

export function echo(shell: Shell, argv: string[]): number | Step<number> {
  let newline = true;
  let escapes = shell.shopts.has('xpg_echo');
  let first = 1;
  for (; first < argv.length && /^-[neE]+$/.test(argv[first]!); first++) {
    for (const letter of argv[first]!.slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  let text = first === 1 && argv.length === 2 ? argv[1]! : argv.slice(first).join(' ');
  if (escapes) {
    const result = unescape(text, 'echo');
    text = result.text;
    if (result.stopped) newline = false;
  }
  const pressure = shell.process.print(newline ? `${text}\n` : text);
  return pressure ? waitFor(pressure) : 0;
}

function* waitFor(pressure: Promise<void>): Step<number> {
  yield pressure;
  return 0;
}
