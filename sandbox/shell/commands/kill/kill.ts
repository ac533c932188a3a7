/** util-linux `kill`, for where the shell's own is not there (`env kill`, busybox). */
import type { Program } from '../../../os/machine.ts';
import { SIGNALS, type Signal } from '../../../os/signals.ts';
import { withUsage } from '../command.ts';

const run: Program = async (process) => {
  const words = process.argv.slice(1);
  let signal: Signal = 'TERM';
  if (words[0] === '-l') {
    await process.print(`${Object.keys(SIGNALS).join(' ')}\n`);
    return 0;
  }
  const option =
    words[0] === '-s' || words[0] === '-n'
      ? words.splice(0, 2)[1]
      : /^-./.test(words[0] ?? '') && words[0] !== '--'
        ? words.shift()!.slice(1)
        : undefined;
  if (option !== undefined) {
    const name = option.toUpperCase().replace(/^SIG/, '');
    const found = (Object.keys(SIGNALS) as Signal[]).find(
      (each) => each === name || String(SIGNALS[each]) === name,
    );
    if (!found && name !== '0') {
      await process.printError(`kill: unknown signal: ${option}\n`);
      return 1;
    }
    if (found) signal = found;
  }
  if (words.length === 0) {
    await process.printError('kill: not enough arguments\n');
    return 1;
  }
  let status = 0;
  for (const word of words) {
    const pid = Number(word);
    if (!Number.isInteger(pid)) {
      await process.printError(`kill: failed to parse argument: '${word}'\n`);
      status = 1;
      continue;
    }
    const target = process.machine.processes.get(pid);
    if (pid < 0 ? process.machine.signalGroup(-pid, signal) === 0 : !target) {
      await process.printError(`kill: sending signal to ${pid} failed: No such process\n`);
      status = 1;
    } else if (option !== '0' && pid > 0) target!.signal(signal);
  }
  await process.tick();
  return status;
};

export const program = withUsage(
  'kill [-s SIGNAL | -SIGNAL] PID...\n       kill -l\nSend a signal, TERM by default, to processes; a negative PID means its whole group.',
  run,
);
