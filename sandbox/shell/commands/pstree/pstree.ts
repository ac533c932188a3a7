/** psmisc `pstree`: processes as a tree; -p shows their ids. */
import type { Process } from '../../../os/process.ts';
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 'acAp',
    long: { arguments: 'a', 'compact-not': 'c', ascii: 'A', 'show-pids': 'p' },
    usage:
      'pstree [OPTION]... [PID]\nDisplay a tree of processes.\n\n  -a, --arguments    show command line arguments\n  -c, --compact-not  do not compact identical subtrees\n  -A, --ascii        use ASCII line drawing characters\n  -p, --show-pids    show PIDs; implies -c',
  },
  async (process, options, operands) => {
    const all = [...process.machine.processes.values()].sort((a, b) => a.pid - b.pid);
    const pids = new Set(all.map((each) => each.pid));
    const children = (pid: number) => all.filter((each) => each.parentPid === pid && each.pid !== pid);
    const roots =
      operands[0] === undefined
        ? all.filter((each) => !pids.has(each.parentPid) || each.parentPid === each.pid)
        : all.filter((each) => String(each.pid) === operands[0]);
    const [first, only, more, last, bar] = options.has('A')
      ? ['-+-', '---', '|-', '`-', '| ']
      : ['─┬─', '───', '├─', '└─', '│ '];
    const label = (each: Process) => {
      const [name = '', ...args] = each.argv;
      const text =
        name.split('/').at(-1)! + (options.has('a') ? args.map((word) => ` ${word}`).join('') : '');
      return options.has('p') ? `${text}(${each.pid})` : text;
    };
    /** The tree's lines, the first without indentation. */
    const draw = (each: Process): string[] => {
      const name = label(each);
      const indent = ' '.repeat([...name].length + 1);
      let parts = children(each.pid).map(draw);
      if (!options.has('c') && !options.has('p')) parts = compact(parts);
      return parts.length === 0
        ? [name]
        : parts.flatMap((lines, i) => {
            const isLast = i === parts.length - 1;
            const head = i > 0 ? indent + (isLast ? last : more) : name + (parts.length === 1 ? only : first);
            const rest = isLast ? '  ' : bar;
            return lines.map((line, j) => (j === 0 ? head + line : indent + rest + line));
          });
    };
    await process.print(
      roots
        .flatMap(draw)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return roots.length > 0 ? 0 : 1;
  },
);

/** Equal subtrees become one with their number in front: `3*[sleep]`. */
function compact(parts: string[][]): string[][] {
  const counts = new Map<string, number>();
  for (const lines of parts) counts.set(lines.join('\n'), (counts.get(lines.join('\n')) ?? 0) + 1);
  return [...counts].map(([text, count]) => {
    const lines = text.split('\n');
    if (count === 1) return lines;
    return lines.length === 1
      ? [`${count}*[${text}]`]
      : [`${count}*[${lines[0]}`, ...lines.slice(1, -1), `${lines.at(-1)}]`];
  });
}
