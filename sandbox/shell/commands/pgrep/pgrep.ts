/** procps `pgrep` and `pkill`: processes by a pattern of their name. */
import { SIGNALS, type Signal } from '../../../os/signals.ts';
import type { Process } from '../../../os/process.ts';
import type { Program } from '../../../os/machine.ts';
import { Names } from '../file-mode.ts';
import { commandName, defineCommand, UsageError, type Options } from '../command.ts';

const USAGE =
  '[options] <pattern>\n\n -a, --list-full   list PID and command line\n -c, --count       count of matching processes\n -f, --full        use full process name to match\n -l, --list-name   list PID and process name\n -n, --newest      select most recently started\n -o, --oldest      select least recently started\n -P, --parent PPID match only child processes of the given parent\n -u, --euid USER   match by effective user\n -v, --inverse     negates the matching\n -x, --exact       match exactly with the command name\n -SIGNAL           (pkill) signal to send';

const body = defineCommand(
  {
    short: 'acd:eflnoP:s:u:vx',
    long: {
      'list-full': 'a',
      count: 'c',
      full: 'f',
      'list-name': 'l',
      newest: 'n',
      oldest: 'o',
      parent: 'P',
      signal: 's',
      euid: 'u',
      inverse: 'v',
      exact: 'x',
    },
    usage: `pgrep ${USAGE}`,
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    const kills = commandName(process) === 'pkill';
    if (operands.length === 0 && !options.has('P') && !options.has('u'))
      throw new UsageError('no matching criteria specified');
    const found = matching(process, options, operands[0]);
    if (kills) {
      const wanted = (options.get('s') ?? 'TERM').toUpperCase().replace(/^SIG/, '');
      const signal = (Object.keys(SIGNALS) as Signal[]).find(
        (each) => each === wanted || String(SIGNALS[each]) === wanted,
      );
      if (!signal && wanted !== '0') throw new UsageError(`unknown signal: ${wanted}`);
      for (const each of found) if (signal) each.signal(signal);
      await process.tick();
    }
    if (options.has('c')) await process.print(`${found.length}\n`);
    else if (!kills)
      await process.print(
        found
          .map((each) => {
            const more = options.has('a')
              ? ` ${each.argv.join(' ')}`
              : options.has('l')
                ? ` ${nameOf(each)}`
                : '';
            return `${each.pid}${more}`;
          })
          .join(options.get('d') ?? '\n') + (found.length > 0 ? '\n' : ''),
      );
    return found.length > 0 ? 0 : 1;
  },
);

/** `pkill -9 name`: the signal in front, as kill has it. */
export const program: Program = async (process) => {
  const signal = process.argv[1];
  if (
    commandName(process) === 'pkill' &&
    signal !== undefined &&
    /^-(\d+|(SIG)?[A-Z][A-Z0-9]+)$/.test(signal)
  )
    process.argv.splice(1, 1, '-s', signal.slice(1));
  return await body(process);
};

const nameOf = (process: Process): string => (process.argv[0] ?? '').split('/').at(-1)!.replace(/^-/, '');

function matching(process: Process, options: Options, pattern: string | undefined): Process[] {
  let expression: RegExp | undefined;
  try {
    if (pattern !== undefined) expression = new RegExp(options.has('x') ? `^(?:${pattern})$` : pattern, 'u');
  } catch {
    throw new UsageError(`${pattern}: not a regular expression`);
  }
  const names = new Names(process);
  const parent = options.get('P');
  const user = options.get('u');
  let found = [...process.machine.processes.values()]
    .filter((each) => {
      if (each === process) return false;
      const matches =
        (!expression || expression.test(options.has('f') ? each.argv.join(' ') : nameOf(each))) &&
        (parent === undefined || String(each.parentPid) === parent) &&
        (user === undefined || names.userId(user) === each.user.uid);
      return matches !== options.has('v');
    })
    .sort((a, b) => a.pid - b.pid);
  if (options.has('n')) found = found.slice(-1);
  if (options.has('o')) found = found.slice(0, 1);
  return found;
}
