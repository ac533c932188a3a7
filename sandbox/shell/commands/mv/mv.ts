/** GNU `mv`. Across file systems it copies and removes. */
import { Errno } from '../../../os/errno.ts';
import type { FileSystem } from '../../../os/file-system.ts';
import { joinPath, nameOf } from '../../../os/path.ts';
import { complain, defineCommand, errnoMessage, quoted } from '../command.ts';
import { destination, kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'bfint:Tuv',
    long: {
      force: 'f',
      interactive: 'i',
      'no-clobber': 'n',
      'target-directory': 't',
      update: 'u',
      verbose: 'v',
    },
    usage:
      'mv [OPTION]... [-T] SOURCE DEST\n  or:  mv [OPTION]... SOURCE... DIRECTORY\nRename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.\n\n  -f, --force        do not prompt before overwriting\n  -n, --no-clobber   do not overwrite an existing file\n  -v, --verbose      explain what is being done',
  },
  async (process, options, operands) => {
    const { sources, target, isDirectory } = destination(process, options, operands, 'move');
    const files = process.fileSystem;
    let failed = false;
    for (const from of sources) {
      const to = isDirectory ? joinPath(target, nameOf(from.replace(/\/+$/, ''))) : target;
      const [source, goal] = [process.resolve(from), process.resolve(to)];
      try {
        files.lstat(source);
      } catch (error) {
        failed = true;
        await complain(process, `cannot stat ${quoted(from)}: ${errnoMessage(error)}`);
        continue;
      }
      if (options.has('n') && kindOf(files, goal) !== undefined) continue;
      if (source === goal) {
        failed = true;
        await complain(process, `${quoted(from)} and ${quoted(to)} are the same file`);
        continue;
      }
      try {
        try {
          files.rename(source, goal);
        } catch (error) {
          if (!(error instanceof Errno && error.code === 'EXDEV')) throw error;
          moveTree(files, source, goal);
        }
        if (options.has('v')) await process.print(`renamed ${quoted(from)} -> ${quoted(to)}\n`);
      } catch (error) {
        failed = true;
        if (error instanceof Errno && error.code === 'EINVAL') {
          await complain(process, `cannot move ${quoted(from)} to a subdirectory of itself, ${quoted(to)}`);
        } else if (error instanceof Errno && error.code === 'EISDIR') {
          await complain(process, `cannot overwrite directory ${quoted(to)} with non-directory`);
        } else if (error instanceof Errno && error.code === 'ENOTDIR' && kindOf(files, goal) === 'file') {
          await complain(
            process,
            `cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`,
          );
        } else
          await complain(process, `cannot move ${quoted(from)} to ${quoted(to)}: ${errnoMessage(error)}`);
      }
    }
    return failed ? 1 : 0;
  },
);

function moveTree(files: FileSystem, from: string, to: string): void {
  const stat = files.lstat(from);
  if (stat.kind === 'directory') {
    if (kindOf(files, to) === undefined) files.mkdir(to, { mode: stat.mode });
    for (const name of files.readDirectory(from)) moveTree(files, joinPath(from, name), joinPath(to, name));
    files.rmdir(from);
    return;
  }
  if (stat.kind === 'symlink') files.symlink(files.readLink(from), to);
  else {
    files.writeFile(to, files.readFile(from));
    files.chmod(to, stat.mode);
    files.utimes(to, stat.mtimeMs);
  }
  files.unlink(from);
}
