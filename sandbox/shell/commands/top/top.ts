/** A simple `top`: the processes, refreshed; q leaves. CPU and memory of a process are not measured. */
import type { Process } from '../../../os/process.ts';
import { defineCommand } from '../command.ts';
import { Names } from '../file-mode.ts';
import { screenRows } from '../screen-rows.ts';

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
    try {
      for (let i = 0; i < iterations; i++) {
        const lines = screen(process, terminal?.rows ?? 10_000, terminal?.columns ?? 200);
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

function screen(process: Process, rows: number, columns: number): string[] {
  const { machine } = process;
  const names = new Names(process);
  const all = [...machine.processes.values()].sort((a, b) => a.pid - b.pid);
  const stopped = all.filter((each) => each.state === 'stopped').length;
  const time = new Date(machine.clock.now()).toISOString().slice(11, 19);
  const head = [
    `top - ${time} up 0 min,  1 user,  load average: 0.00, 0.00, 0.00`,
    `Tasks: ${String(all.length).padStart(3)} total,   1 running, ${String(all.length - 1 - stopped).padStart(3)} sleeping, ${String(stopped).padStart(3)} stopped,   0 zombie`,
    '',
    `\u001b[7m${'    PID USER      PR  NI S  %CPU  %MEM     TIME+ COMMAND'.padEnd(columns).slice(0, columns)}\u001b[0m`,
  ];
  const body = all.map((each) => {
    const state = each === process ? 'R' : each.state === 'stopped' ? 'T' : 'S';
    return `${String(each.pid).padStart(7)} ${names.user(each.user.uid).padEnd(9)} 20   0 ${state}   0.0   0.0   0:00.00 ${each.argv.join(' ')}`.slice(
      0,
      columns,
    );
  });
  return [...head.map((line) => screenRows(line, columns)[0]!), ...body].slice(0, rows);
}
