/**
 * procps `top`: the processes, those that use most CPU first, refreshed; q leaves. CPU and memory are what the machine
 * counts: work by its prices in a container, slices of the thread on a machine without limits.
 */
import type { Process } from '../../../os/process.ts';
import { TOTAL_MEMORY_BYTES } from '../../../os/proc-files.ts';
import { defineCommand } from '../command.ts';
import { Names } from '../file-mode.ts';
import { screenRows } from '../screen-rows.ts';
import { uptimeLine } from '../uptime/uptime-line.ts';

export const program = defineCommand(
  {
    short: 'bd:n:',
    long: { batch: 'b', delay: 'd', iterations: 'n' },
    usage: 'top [-b] [-d SECONDS] [-n ITERATIONS]',
  },
  async (process, options) => {
    const terminal = options.has('b') ? undefined : process.files[1]?.terminal;
    const iterations = Number(options.get('n') ?? (terminal ? Infinity : 1));
    const delayMs = Number(options.get('d') ?? 3) * 1000;
    if (terminal) {
      terminal.setRaw(true);
      await process.print('\u001b[?1049h\u001b[?25l');
    }
    const usage = new UsageSinceLast();
    try {
      for (let i = 0; i < iterations; i++) {
        const lines = screen(process, usage, terminal?.rows ?? 10_000, terminal?.columns ?? 200);
        await process.print(
          terminal
            ? `\u001b[H${lines.map((line) => `\u001b[K${line}`).join('\r\n')}${lines.length < terminal.rows ? '\r\n\u001b[J' : ''}`
            : `${lines.join('\n')}\n`,
        );
        if (i + 1 >= iterations) break;
        if (!terminal) await process.sleep(delayMs);
        else if (await keyWithin(process, delayMs)) return 0;
      }
      return 0;
    } finally {
      if (terminal) {
        terminal.setRaw(false);
        process.log('\u001b[?25h\u001b[?1049l');
      }
    }
  },
);

/** Whether `q` or Ctrl-C was typed before the time was over. */
async function keyWithin(process: Process, delayMs: number): Promise<boolean> {
  const operations = process.files[0]?.operations;
  if (!operations?.readable || !operations.readNow) {
    await process.sleep(delayMs);
    return false;
  }
  let timer: { dispose(): void } | undefined;
  const timeout = new Promise<void>(
    (resolve) => (timer = process.machine.clock.setTimeout(resolve, delayMs)),
  );
  try {
    await process.wait(Promise.race([operations.readable(), timeout]));
  } finally {
    timer?.dispose();
  }
  const bytes = operations.readNow();
  return bytes === null || (bytes?.some((byte) => byte === 0x71 || byte === 3) ?? false);
}

/** How much of a CPU each process used since the last screen, or since it started. */
class UsageSinceLast {
  #last = new Map<Process, number>();
  #lastMs = 0;

  /** In percent of one CPU. */
  of(processes: readonly Process[], nowMs: number): Map<Process, number> {
    const percents = new Map<Process, number>();
    const times = new Map<Process, number>();
    for (const each of processes) {
      const before = this.#last.get(each) ?? 0;
      const sinceMs = this.#last.has(each) ? this.#lastMs : each.startTimeMs;
      const cpuMs = cpuTimeMs(each, nowMs);
      times.set(each, cpuMs);
      percents.set(each, Math.min(100, ((cpuMs - before) / Math.max(1, nowMs - sinceMs)) * 100));
    }
    [this.#last, this.#lastMs] = [times, nowMs];
    return percents;
  }
}

/** Work that is counted ahead of the clock is not done yet. */
const cpuTimeMs = (process: Process, nowMs: number): number =>
  Math.min(process.cpuMs, nowMs - process.startTimeMs);

/** `0:01.25`. */
const timeOf = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(2).padStart(5, '0')}`;

function screen(process: Process, usage: UsageSinceLast, rows: number, columns: number): string[] {
  const { machine } = process;
  const names = new Names(process);
  const now = machine.clock.now();
  const percents = usage.of([...machine.processes.values()], now);
  const all = [...machine.processes.values()].sort(
    (a, b) => percents.get(b)! - percents.get(a)! || a.pid - b.pid,
  );
  const stopped = all.filter((each) => each.state === 'stopped').length;
  const head = [
    `top - ${uptimeLine(machine)}`,
    `Tasks: ${String(all.length).padStart(3)} total,   1 running, ${String(all.length - 1 - stopped).padStart(3)} sleeping, ${String(stopped).padStart(3)} stopped,   0 zombie`,
    '',
    `\u001b[7m${'    PID USER      PR  NI S  %CPU  %MEM     TIME+ COMMAND'.padEnd(columns).slice(0, columns)}\u001b[0m`,
  ];
  const body = all.map((each) => {
    const state = each === process ? 'R' : each.state === 'stopped' ? 'T' : 'S';
    const cells = [
      percents.get(each)!.toFixed(1).padStart(5),
      ((each.memoryBytes / TOTAL_MEMORY_BYTES) * 100).toFixed(1).padStart(5),
      timeOf(cpuTimeMs(each, now)).padStart(9),
    ];
    return `${String(each.pid).padStart(7)} ${names.user(each.user.uid).padEnd(9)} 20   0 ${state} ${cells.join(' ')} ${each.argv.join(' ')}`.slice(
      0,
      columns,
    );
  });
  return [...head.map((line) => screenRows(line, columns)[0]!), ...body].slice(0, rows);
}
