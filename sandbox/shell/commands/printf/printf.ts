/** GNU `printf` (the shell has its own). */
import type { Program } from '../../../os/machine.ts';
import { formatPrintf } from '../../printf-format.ts';
import { withUsage } from '../command.ts';

const run: Program = async (process) => {
  const [format, ...args] = process.argv.slice(1);
  if (format === undefined) {
    await process.printError("printf: missing operand\nTry 'printf --help' for more information.\n");
    return 1;
  }
  const nowMs = process.machine.clock.now();
  const { text, problems, status } = formatPrintf(format, args, { nowMs, startedMs: nowMs });
  await process.print(text);
  for (const problem of problems) await process.printError(`printf: ${problem}\n`);
  return status;
};

export const program = withUsage(
  'printf FORMAT [ARGUMENT]...\nPrint ARGUMENT(s) according to FORMAT, which is reused while there are ARGUMENTs.',
  run,
);
