/** GNU `echo` (the shell has its own). */
import type { Program } from '../../../os/machine.ts';
import { unescape } from '../../parameter-operations.ts';

export const program: Program = async (process) => {
  let [newline, escapes] = [true, false];
  let first = 1;
  for (; /^-[neE]+$/.test(process.argv[first] ?? ''); first++) {
    for (const letter of process.argv[first]!.slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  const words = process.argv.slice(first).join(' ');
  const { text, stopped } = escapes ? unescape(words, 'echo') : { text: words, stopped: false };
  await process.print(newline && !stopped ? `${text}\n` : text);
};
