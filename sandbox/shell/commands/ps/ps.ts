/** procps `ps`: the machine's own processes. CPU time is not measured. */
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { Names } from '../file-mode.ts';

type Column = { title: string; value(process: Process): string; left?: boolean };

export const program: Program = async (process) => {
  const words = process.argv.slice(1);
  const flags = words
    .filter((word) => !word.includes(',') && !/^-?o/.test(word))
    .join('')
    .replaceAll('-', '');
  if (words.includes('--help')) {
    await process.print(
      'Usage: ps [options]\n\n  -e, -A  all processes\n  -f      full format\n  aux     all processes, user-oriented\n  -o LIST user-defined format\n',
    );
    return 0;
  }
  const at = words.findIndex((word) => /^-?o$/.test(word));
  const custom = at >= 0 ? words[at + 1] : words.find((word) => /^-o./.test(word))?.slice(2);
  const { machine } = process;
  const names = new Names(process);
  const now = machine.clock.now();
  const terminal = (each: Process) => each.terminal?.name?.replace('/dev/', '') ?? '?';
  const state = (each: Process) =>
    (each === process ? 'R' : each.state === 'stopped' ? 'T' : 'S') +
    (each.terminal && each.terminal.foreground === each.processGroup ? '+' : '');
  const start = (each: Process) => new Date(each.startTimeMs).toISOString().slice(11, 16);
  const command = (each: Process) => each.argv.join(' ');
  const columns: Record<string, Column> = {
    pid: { title: 'PID', value: (each) => String(each.pid) },
    ppid: { title: 'PPID', value: (each) => String(each.parentPid) },
    pgid: { title: 'PGID', value: (each) => String(each.processGroup) },
    user: { title: 'USER', value: (each) => names.user(each.user.uid), left: true },
    uid: { title: 'UID', value: (each) => names.user(each.user.uid), left: true },
    tty: { title: 'TTY', value: terminal, left: true },
    stat: { title: 'STAT', value: state, left: true },
    s: { title: 'S', value: (each) => state(each)[0]!, left: true },
    time: { title: 'TIME', value: () => '00:00:00' },
    c: { title: 'C', value: () => '0' },
    stime: { title: 'STIME', value: start },
    start: { title: 'START', value: start },
    etime: { title: 'ELAPSED', value: (each) => elapsed(now - each.startTimeMs) },
    '%cpu': { title: '%CPU', value: () => '0.0' },
    '%mem': { title: '%MEM', value: () => '0.0' },
    vsz: { title: 'VSZ', value: () => '0' },
    rss: { title: 'RSS', value: () => '0' },
    cmd: { title: 'CMD', value: command, left: true },
    args: { title: 'COMMAND', value: command, left: true },
    command: { title: 'COMMAND', value: command, left: true },
    comm: { title: 'COMMAND', value: (each) => (each.argv[0] ?? '').split('/').at(-1)!, left: true },
  };
  let wanted: string[];
  if (custom) wanted = custom.split(',').map((name) => name.split('=')[0]!);
  else if (flags.includes('u'))
    wanted = ['user', 'pid', '%cpu', '%mem', 'vsz', 'rss', 'tty', 'stat', 'start', 'time', 'args'];
  else if (flags.includes('f')) wanted = ['uid', 'pid', 'ppid', 'c', 'stime', 'tty', 'time', 'cmd'];
  else wanted = ['pid', 'tty', 'time', flags.includes('x') ? 'args' : 'comm'];
  const unknown = wanted.find((name) => !Object.hasOwn(columns, name));
  if (unknown !== undefined) {
    await process.printError(`error: unknown user-defined format specifier "${unknown}"\n`);
    return 1;
  }
  const all = /[eAx]/.test(flags) || flags.includes('a');
  const rows = [...machine.processes.values()]
    .filter((each) => all || each.terminal === process.terminal)
    .sort((a, b) => a.pid - b.pid);
  const chosen = wanted.map((name) => columns[name]!);
  if (!custom && !flags.includes('u') && !flags.includes('f'))
    chosen[chosen.length - 1] = { ...chosen.at(-1)!, title: 'CMD' };
  const cells = rows.map((each) => chosen.map((column) => column.value(each)));
  const widths = chosen.map((column, i) =>
    Math.max(
      column.title.length,
      column.title === 'PID' || column.title === 'PPID' ? 7 : column.title === 'TTY' ? 8 : 0,
      ...cells.map((row) => row[i]!.length),
    ),
  );
  const write = (row: string[]) =>
    `${row.map((cell, i) => (i === row.length - 1 ? cell : chosen[i]!.left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' ')}\n`;
  await process.print(write(chosen.map((column) => column.title)) + cells.map(write).join(''));
  return 0;
};

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const text = new Date(seconds * 1000).toISOString().slice(11, 19);
  const days = Math.floor(seconds / 86_400);
  return days > 0 ? `${days}-${text}` : seconds >= 3600 ? text : text.slice(3);
}
