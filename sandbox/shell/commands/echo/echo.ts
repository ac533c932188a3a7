/** GNU `echo` (the shell has its own). */
import type { Program } from '../../../os/machine.ts';
import { unescape } from '../../parameter-operations.ts';
import { withUsage } from '../command.ts';

const run: Program = async (process) => {
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

export const program = withUsage(
  'echo [SHORT-OPTION]... [STRING]...\nEcho the STRING(s) to standard output.\n\n  -n  do not output the trailing newline\n  -e  enable interpretation of backslash escapes\n  -E  disable interpretation of backslash escapes (default)',
  run,
);
