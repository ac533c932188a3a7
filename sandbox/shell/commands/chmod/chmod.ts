/** GNU `chmod` with octal and symbolic modes. */
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { complain, CommandError, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';

export const program = defineCommand(
  {
    short: '+cfvRrwxXst',
    long: { changes: 'c', silent: 'f', quiet: 'f', verbose: 'v', recursive: 'R' },
    usage:
      "chmod [OPTION]... MODE[,MODE]... FILE...\n  or:  chmod [OPTION]... OCTAL-MODE FILE...\nChange the mode of each FILE to MODE.\n\n  -R, --recursive   change files and directories recursively\n\nEach MODE is of the form '[ugoa]*([-+=]([rwxXst]*|[ugo]))+|[-+=][0-7]+'.",
  },
  async (process, options, operands) => {
    // `-x` and the like are modes.
    const removed = options.list
      .map(([key]) => key)
      .filter((key) => 'rwxXst'.includes(key))
      .join('');
    const [mode, ...paths] = removed === '' ? operands : [`-${removed}`, ...operands];
    if (mode === undefined) throw new UsageError('missing operand');
    if (paths.length === 0) throw new UsageError(`missing operand after ${quoted(mode)}`);
    if (changeMode(mode, 0, false, process.umask) === undefined)
      throw new CommandError(`invalid mode: ${quoted(mode)}\nTry 'chmod --help' for more information.`);
    let failed = false;
    for (const path of paths) if (!(await change(process, path, mode, options.has('R')))) failed = true;
    return failed ? 1 : 0;
  },
);

async function change(process: Process, path: string, mode: string, recursive: boolean): Promise<boolean> {
  const files = process.fileSystem;
  const absolute = process.resolve(path);
  try {
    const stat = files.stat(absolute);
    if (process.user.uid !== 0 && process.user.uid !== stat.uid) {
      await complain(process, `changing permissions of ${quoted(path)}: Operation not permitted`);
      return false;
    }
    files.chmod(absolute, changeMode(mode, stat.mode, stat.kind === 'directory', process.umask)!);
    if (!recursive || stat.kind !== 'directory') return true;
    let ok = true;
    for (const name of files.readDirectory(absolute))
      if (!(await change(process, joinPath(path, name), mode, true))) ok = false;
    return ok;
  } catch (error) {
    await complain(process, `cannot access ${quoted(path)}: ${errnoMessage(error)}`);
    return false;
  }
}

/** `mode` with the changes that `text` asks for; undefined when it is no mode. */
export function changeMode(
  text: string,
  mode: number,
  isDirectory: boolean,
  umask: number,
): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause);
    if (!match) return undefined;
    const [, who = '', actions = ''] = match;
    let mask = 0;
    for (const letter of who === '' || who.includes('a') ? 'ugo' : who)
      mask |= letter === 'u' ? 0o4700 : letter === 'g' ? 0o2070 : 0o1007;
    for (const action of actions.match(/[-+=][^-+=]*/g)!) {
      let bits = 0;
      for (const letter of action.slice(1)) {
        if (letter === 'r') bits |= 0o444;
        else if (letter === 'w') bits |= 0o222;
        else if (letter === 'x' || (letter === 'X' && (isDirectory || mode & 0o111))) bits |= 0o111;
        else if (letter === 's') bits |= 0o6000;
        else if (letter === 't') bits |= 0o1000;
        else if ('ugo'.includes(letter))
          bits |= ((mode >> { u: 6, g: 3, o: 0 }[letter as 'u' | 'g' | 'o']) & 7) * 0o111;
      }
      bits &= mask;
      if (who === '') bits &= ~umask;
      if (action[0] === '+') mode |= bits;
      else if (action[0] === '-') mode &= ~bits;
      else mode = (mode & ~(mask & 0o777)) | bits;
    }
  }
  return mode;
}
