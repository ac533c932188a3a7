/** busybox `pidof` and `killall`: processes by the name of their program. */
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { SIGNALS, type Signal } from '../../../os/signals.ts';

/** The youngest first. */
const named = (process: Process, name: string): Process[] =>
  [...process.machine.processes.values()]
    .filter((each) => each !== process && each.argv[0]?.split('/').at(-1) === name)
    .sort((a, b) => b.pid - a.pid);

export const pidof: Program = async (process) => {
  const names = process.argv.slice(1).filter((word) => !word.startsWith('-'));
  const found = names.flatMap((name) => named(process, name));
  if (found.length > 0) await process.print(`${found.map(({ pid }) => pid).join(' ')}\n`);
  return found.length > 0 ? 0 : 1;
};

export const killall: Program = async (process) => {
  let signal: Signal = 'TERM';
  let quiet = false;
  const names: string[] = [];
  for (const word of process.argv.slice(1)) {
    if (word === '-q') quiet = true;
    else if (word.startsWith('-')) {
      const asked = word.slice(1).replace(/^SIG/, '');
      const known = (Object.keys(SIGNALS) as Signal[]).find(
        (each) => each === asked || String(SIGNALS[each]) === asked,
      );
      if (!known) {
        await process.printError(`killall: bad signal name '${word.slice(1)}'\n`);
        return 1;
      }
      signal = known;
    } else names.push(word);
  }
  let exitCode = 0;
  for (const name of names) {
    const found = named(process, name);
    for (const each of found) each.signal(signal);
    if (found.length > 0) continue;
    exitCode = 1;
    if (!quiet) await process.printError(`killall: ${name}: no process killed\n`);
  }
  return exitCode;
};
