/** busybox `ps`: every process of the container. CPU time is not measured. */
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { Names } from '../../../shell/commands/file-mode.ts';
import { usageOf } from './synopsis.ts';

interface Column {
  title: string;
  width: number;
  right?: boolean;
  value(process: Process, names: Names): string;
}

const COLUMNS: Record<string, Column> = {
  user: { title: 'USER', width: 8, value: (each, names) => names.user(each.user.uid) },
  group: { title: 'GROUP', width: 8, value: (each, names) => names.group(each.user.gid) },
  comm: {
    title: 'COMMAND',
    width: 16,
    value: (each) => (each.argv[0] ?? '').split('/').at(-1)!.slice(0, 15),
  },
  args: { title: 'COMMAND', width: 256, value: (each) => each.argv.join(' ') },
  pid: { title: 'PID', width: 5, right: true, value: (each) => String(each.pid) },
  ppid: { title: 'PPID', width: 5, right: true, value: (each) => String(each.parentPid) },
  pgid: { title: 'PGID', width: 5, right: true, value: (each) => String(each.processGroup) },
  stat: { title: 'STAT', width: 4, value: (each) => stateOf(each) },
  time: { title: 'TIME', width: 5, right: true, value: () => '0:00' },
  tty: {
    title: 'TT',
    width: 6,
    value: (each) => (each.terminal?.name ? '136,0' : '?'),
  },
  vsz: { title: 'VSZ', width: 4, right: true, value: () => '0' },
};

/** R, S or T, as `/proc/PID/stat` has it; `self` is the one that looks. */
export const stateOf = (process: Process, self?: Process): string =>
  process === self ? 'R' : process.state === 'stopped' ? 'T' : 'S';

export const ps: Program = async (process) => {
  const words = process.argv.slice(1);
  const names: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith('-')) continue;
    if (word.startsWith('-o')) names.push(...(word.slice(2) || (words[++i] ?? '')).split(','));
    // BSD's and POSIX' selections are understood and mean nothing: all processes are shown.
    else if (!/^-[aefTlw]+$/.test(word)) {
      await process.printError(`ps: invalid option -- '${word[1]}'\n${usageOf('ps')}`);
      return 1;
    }
  }
  const wanted = names.length > 0 ? names : ['pid', 'user', 'time', 'args'];
  const columns: Column[] = [];
  for (const entry of wanted) {
    const [name = '', title] = entry.split('=');
    const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
    if (!column) {
      await process.printError(
        `ps: bad -o argument '${name}', supported arguments: ${Object.keys(COLUMNS).join(',')}\n`,
      );
      return 1;
    }
    columns.push(title === undefined ? column : { ...column, title });
  }
  const all = [...process.machine.processes.values()].sort((a, b) => a.pid - b.pid);
  const owners = new Names(process);
  const set = (cells: string[], head: boolean) =>
    `${cells
      .map((cell, i) => {
        const { width, right } = columns[i]!;
        if (i === cells.length - 1 && !right) return cell;
        return right && !head ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(' ')}\n`;
  let text = set(
    columns.map(({ title }) => title),
    true,
  );
  for (const each of all)
    text += set(
      columns.map((column) => column.value(each, owners)),
      false,
    );
  await process.print(text);
  return 0;
};
