/** busybox `free` and `top`: the node's memory as a container sees it, and its own processes. */
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { TOTAL_MEMORY_BYTES } from '../../../os/proc-files.ts';
import { Names } from '../../../shell/commands/file-mode.ts';
import { humanSize } from './mounts.ts';
import { stateOf } from './ps.ts';

/** What a process counts for: memory is not measured. */
const PROCESS_BYTES = 4 * 1024 ** 2;

const usedBytes = (process: Process): number => process.machine.processes.size * PROCESS_BYTES;

export const free: Program = async (process) => {
  const unit = process.argv.slice(1).find((word) => /^-[bkmgh]$/.test(word))?.[1] ?? 'k';
  const divisor = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit];
  const show = (bytes: number) =>
    (divisor ? String(Math.floor(bytes / divisor)) : humanSize(bytes)).padStart(12);
  const used = usedBytes(process);
  const available = TOTAL_MEMORY_BYTES - used;
  const row = (...values: number[]) => values.map(show).join('');
  await process.print(
    `              total        used        free      shared  buff/cache   available\nMem:   ${row(TOTAL_MEMORY_BYTES, used, available, 0, 0, available)}\nSwap:  ${row(0, 0, 0)}\n`,
  );
  return 0;
};

const REFRESH_SECONDS = 5;

export const top: Program = async (process) => {
  const words = process.argv.slice(1);
  const batch = words.some((word) => /^-\w*b/.test(word));
  const count = numberAfter(words, 'n') ?? Infinity;
  const delayMs = (numberAfter(words, 'd') ?? REFRESH_SECONDS) * 1000;
  const terminal = batch ? undefined : process.files[1]?.terminal;
  for (let shown = 0; shown < count; shown++) {
    if (shown > 0) await process.sleep(delayMs);
    const screen = screenOf(process, terminal?.columns ?? 79);
    if (!terminal) await process.print(`${screen.join('\n')}\n\n`);
    else await process.print(`\x1b[H\x1b[J${screen.slice(0, terminal.rows - 1).join('\r\n')}\r\n`);
  }
  return 0;
};

function screenOf(process: Process, columns: number): string[] {
  const { processes } = process.machine;
  const kilobytes = (bytes: number) => `${Math.floor(bytes / 1024)}K`;
  const used = usedBytes(process);
  const names = new Names(process);
  const head = '  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND';
  const rows = [...processes.values()]
    .sort((a, b) => a.pid - b.pid)
    .map((each) =>
      `${String(each.pid).padStart(5)} ${String(each.parentPid).padStart(5)} ${names.user(each.user.uid).padEnd(8)} ${stateOf(each, process).padEnd(4)} ${kilobytes(PROCESS_BYTES).slice(0, -1).padStart(5)}   0%   0   0% ${each.argv.join(' ')}`.slice(
        0,
        columns,
      ),
    );
  return [
    `Mem: ${kilobytes(used)} used, ${kilobytes(TOTAL_MEMORY_BYTES - used)} free, 0K shrd, 0K buff, 0K cached`,
    'CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq',
    `Load average: 0.00 0.00 0.00 1/${processes.size} ${Math.max(...processes.keys())}`,
    head,
    ...rows,
  ];
}

/** The number in `-n 1`, `-n1` or `-bn1`. */
function numberAfter(words: string[], letter: string): number | undefined {
  for (const [i, word] of words.entries()) {
    const match = new RegExp(`^-[bmH]*${letter}(.*)$`).exec(word);
    if (match) return Number(match[1] || words[i + 1]);
  }
  return undefined;
}
