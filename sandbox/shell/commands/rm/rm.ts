/** GNU `rm`. */
import { Errno } from '../../../os/errno.ts';
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { complain, defineCommand, errnoMessage, quoted, UsageError, type Options } from '../command.ts';

export const program = defineCommand(
  {
    short: 'dfiIrRv',
    long: {
      dir: 'd',
      force: 'f',
      recursive: 'r',
      verbose: 'v',
      'no-preserve-root': 'no-preserve-root',
      'preserve-root': 'preserve-root?',
    },
    usage:
      'rm [OPTION]... [FILE]...\nRemove (unlink) the FILE(s).\n\n  -f, --force           ignore nonexistent files and arguments, never prompt\n  -d, --dir             remove empty directories\n  -r, -R, --recursive   remove directories and their contents recursively\n  -v, --verbose         explain what is being done',
  },
  async (process, options, operands) => {
    if (operands.length === 0 && !options.has('f')) throw new UsageError('missing operand');
    let failed = false;
    for (const path of operands) {
      const last = path.replace(/\/+$/, '').split('/').at(-1)!;
      if (last === '.' || last === '..') {
        failed = true;
        await complain(process, `refusing to remove '.' or '..' directory: skipping ${quoted(path)}`);
        continue;
      }
      if (process.resolve(path) === '/' && (options.has('r') || options.has('R'))) {
        failed = true;
        await complain(process, "it is dangerous to operate recursively on '/'");
        await complain(process, 'use --no-preserve-root to override this failsafe');
        continue;
      }
      if (!(await remove(process, options, path))) failed = true;
    }
    return failed ? 1 : 0;
  },
);

async function remove(process: Process, options: Options, path: string): Promise<boolean> {
  const files = process.fileSystem;
  const absolute = process.resolve(path);
  await process.tick();
  try {
    const { kind } = files.lstat(absolute);
    if (kind !== 'directory') {
      files.unlink(absolute);
      if (options.has('v')) await process.print(`removed ${quoted(path)}\n`);
      return true;
    }
    if (options.has('r') || options.has('R')) {
      let ok = true;
      for (const name of files.readDirectory(absolute))
        if (!(await remove(process, options, joinPath(path, name)))) ok = false;
      if (ok) files.rmdir(absolute);
    } else if (options.has('d')) files.rmdir(absolute);
    else {
      await complain(process, `cannot remove ${quoted(path)}: Is a directory`);
      return false;
    }
    if (options.has('v')) await process.print(`removed directory ${quoted(path)}\n`);
    return true;
  } catch (error) {
    const message = errnoMessage(error);
    if (error instanceof Errno && error.code === 'ENOENT' && options.has('f')) return true;
    await complain(process, `cannot remove ${quoted(path)}: ${message}`);
    return false;
  }
}
