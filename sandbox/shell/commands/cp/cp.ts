/** GNU `cp`: files and, with -r, trees. */
import { joinPath, nameOf } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { complain, defineCommand, errnoMessage, quoted, type Options } from '../command.ts';
import { destination, kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'abdfiHlLnPprRsS:t:Tuvx',
    long: {
      archive: 'a',
      force: 'f',
      interactive: 'i',
      'no-clobber': 'n',
      recursive: 'r',
      verbose: 'v',
      'target-directory': 't',
      update: 'u',
      preserve: 'p?',
    },
    usage:
      'cp [OPTION]... [-T] SOURCE DEST\n  or:  cp [OPTION]... SOURCE... DIRECTORY\nCopy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.\n\n  -a, --archive      same as -dR --preserve=all\n  -n, --no-clobber   do not overwrite an existing file\n  -p                 preserve mode, ownership, timestamps\n  -R, -r, --recursive  copy directories recursively\n  -v, --verbose      explain what is being done',
  },
  async (process, options, operands) => {
    const { sources, target, isDirectory } = destination(process, options, operands, 'copy');
    let failed = false;
    for (const source of sources) {
      const to = isDirectory ? joinPath(target, nameOf(source.replace(/\/+$/, '')) || source) : target;
      if (!(await copy(process, options, source, to))) failed = true;
    }
    return failed ? 1 : 0;
  },
);

async function copy(process: Process, options: Options, from: string, to: string): Promise<boolean> {
  const files = process.fileSystem;
  const [source, target] = [process.resolve(from), process.resolve(to)];
  const recursive = options.has('r') || options.has('R') || options.has('a');
  await process.tick();
  try {
    const keepLinks = options.has('a') || options.has('d') || options.has('P');
    const stat = keepLinks ? files.lstat(source) : recursive ? files.lstat(source) : files.stat(source);
    if (stat.kind === 'directory') {
      if (!recursive) {
        await complain(process, `-r not specified; omitting directory ${quoted(from)}`);
        return false;
      }
      if (`${target}/`.startsWith(`${source}/`)) {
        await complain(process, `cannot copy a directory, ${quoted(from)}, into itself, ${quoted(to)}`);
        return false;
      }
      const existing = kindOf(files, target);
      if (existing && existing !== 'directory') {
        await complain(
          process,
          `cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`,
        );
        return false;
      }
      if (!existing) files.mkdir(target, { mode: stat.mode });
      let ok = true;
      for (const name of files.readDirectory(source))
        if (!(await copy(process, options, joinPath(from, name), joinPath(to, name)))) ok = false;
      if (options.has('a') || options.has('p')) files.utimes(target, stat.mtimeMs);
      return ok;
    }
    const existing = kindOf(files, target);
    if (existing === 'directory') {
      await complain(process, `cannot overwrite directory ${quoted(to)} with non-directory`);
      return false;
    }
    if (existing && options.has('n')) return true;
    if (existing && options.has('u') && files.stat(target).mtimeMs >= stat.mtimeMs) return true;
    if (existing && files.stat(target).inode === stat.inode && source !== target && existing !== 'device') {
      await complain(process, `${quoted(from)} and ${quoted(to)} are the same file`);
      return false;
    }
    if (source === target) {
      await complain(process, `${quoted(from)} and ${quoted(to)} are the same file`);
      return false;
    }
    if (stat.kind === 'symlink') {
      if (existing) files.unlink(target);
      files.symlink(files.readLink(source), target);
    } else if (options.has('l')) files.link(source, target);
    else if (options.has('s')) files.symlink(from, target);
    else {
      files.writeFile(target, files.readFile(source));
      if (!existing) files.chmod(target, stat.mode & ~process.umask);
      if (options.has('p') || options.has('a')) {
        files.chmod(target, stat.mode);
        files.utimes(target, stat.mtimeMs);
      }
    }
    if (options.has('v')) await process.print(`${quoted(from)} -> ${quoted(to)}\n`);
    return true;
  } catch (error) {
    const message = errnoMessage(error);
    const missing = kindOf(files, source) === undefined;
    await complain(
      process,
      missing
        ? `cannot stat ${quoted(from)}: ${message}`
        : `cannot create regular file ${quoted(to)}: ${message}`,
    );
    return false;
  }
}
