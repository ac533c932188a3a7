/** procps `watch`. */
import { defineCommand, UsageError } from '../command.ts';
import { runCommand } from '../run-command.ts';
import { openPipe } from '../../../os/pipe.ts';
import { concat, decode, EMPTY } from '../../../core/bytes.ts';
import { formatTime } from '../../time-format.ts';
import type { Process } from '../../../os/process.ts';
import { screenRows } from '../screen-rows.ts';

export const program = defineCommand(
  {
    short: '+bcdegn:ptx',
    long: {
      beep: 'b',
      color: 'c',
      differences: 'd',
      errexit: 'e',
      chgexit: 'g',
      interval: 'n',
      'no-title': 't',
      exec: 'x',
    },
    usage:
      'watch [options] command\n\n  -e, --errexit          exit if command has a non-zero exit\n  -g, --chgexit          exit when output from command changes\n  -n, --interval <secs>  seconds to wait between updates\n  -t, --no-title         turn off header\n  -x, --exec             pass command to exec instead of "sh -c"',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing command');
    const seconds = Math.max(0.1, Number(options.get('n') ?? 2) || 2);
    const command = operands.join(' ');
    const argv = options.has('x') ? operands : ['sh', '-c', command];
    const terminal = process.files[1]?.terminal;
    let previous: string | undefined;
    if (terminal) await process.print('\u001b[?1049h\u001b[?25l');
    try {
      for (;;) {
        const { text, exitCode } = await capture(process, argv);
        const columns = terminal?.columns ?? 80;
        const rows = terminal?.rows ?? 24;
        const clock = formatTime('%a %b %e %H:%M:%S %Y', process.machine.clock.now());
        const left = `Every ${seconds.toFixed(1)}s: ${command}`;
        const right = `${process.machine.hostname}: ${clock}`;
        const title = options.has('t') ? [] : [header(left, right, columns), ''];
        const body = text
          .replace(/\n$/, '')
          .split('\n')
          .flatMap((line) => screenRows(line, columns));
        const lines = [...title, ...body].slice(0, rows);
        await process.print(
          `\u001b[H${lines.map((line) => `\u001b[K${line}`).join('\r\n')}${lines.length < rows ? '\r\n\u001b[J' : ''}`,
        );
        if (options.has('g') && previous !== undefined && previous !== text) return 0;
        if (options.has('e') && exitCode !== 0) return exitCode;
        previous = text;
        await process.sleep(seconds * 1000);
      }
    } finally {
      if (terminal) process.log('\u001b[?25h\u001b[?1049l');
    }
  },
);

/** As procps clips it: what does not fit beside host and time is left out, and they too when they do not fit. */
function header(left: string, right: string, columns: number): string {
  if (columns < right.length) return '';
  const room = columns - right.length - 1;
  const shown =
    room < left.indexOf(':') + 3 ? '' : left.length > room ? `${left.slice(0, room - 3)}...` : left;
  return shown.padEnd(columns - right.length) + right;
}

async function capture(process: Process, argv: string[]): Promise<{ text: string; exitCode: number }> {
  const pipe = openPipe();
  pipe.reader.acquire();
  pipe.writer.acquire();
  try {
    const done = runCommand(process, argv, { files: [process.files[0], pipe.writer, pipe.writer] });
    const closed = done.finally(() => pipe.writer.close()).catch(() => undefined);
    const chunks: Uint8Array[] = [];
    for (let bytes; (bytes = await process.wait(pipe.reader.operations.read!()));) chunks.push(bytes);
    await closed;
    return { text: decode(chunks.length > 0 ? concat(chunks) : EMPTY), exitCode: await done };
  } finally {
    pipe.reader.close();
  }
}
