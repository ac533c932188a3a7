/** GNU `ln`. */
import { joinPath, nameOf } from '../../../os/path.ts';
import { complain, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { kindOf } from '../destination.ts';

export const program = defineCommand(
  {
    short: 'bfinrsS:t:Tv',
    long: {
      force: 'f',
      'no-dereference': 'n',
      symbolic: 's',
      'target-directory': 't',
      'no-target-directory': 'T',
      verbose: 'v',
    },
    usage:
      'ln [OPTION]... [-T] TARGET LINK_NAME\n  or:  ln [OPTION]... TARGET\n  or:  ln [OPTION]... TARGET... DIRECTORY\nCreate hard links by default, symbolic links with --symbolic.\n\n  -f, --force      remove existing destination files\n  -s, --symbolic   make symbolic links instead of hard links\n  -v, --verbose    print name of each linked file',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing file operand');
    const files = process.fileSystem;
    let targets = operands;
    let into = options.get('t');
    let link: string | undefined;
    if (into === undefined && operands.length > 1) {
      const last = operands.at(-1)!;
      targets = operands.slice(0, -1);
      const existing = kindOf(files, process.resolve(last));
      let isLink = false;
      try {
        isLink = files.lstat(process.resolve(last)).kind === 'symlink';
      } catch {
        // Nothing there yet.
      }
      if (existing === 'directory' && !options.has('T') && !(options.has('n') && isLink)) into = last;
      else link = last;
    } else into ??= '.';
    let failed = false;
    for (const target of targets) {
      const path = link ?? joinPath(into!, nameOf(target.replace(/\/+$/, '')));
      const absolute = process.resolve(path);
      const kind = options.has('s') ? 'symbolic' : 'hard';
      try {
        if (options.has('f')) {
          try {
            if (files.lstat(absolute).kind !== 'directory') files.unlink(absolute);
          } catch {
            // Nothing to remove.
          }
        }
        if (options.has('s')) files.symlink(target, absolute);
        else {
          if (kindOf(files, process.resolve(target)) === 'directory') {
            failed = true;
            await complain(process, `${target}: hard link not allowed for directory`);
            continue;
          }
          files.link(process.resolve(target), absolute);
        }
        if (options.has('v'))
          await process.print(`${quoted(path)} ${options.has('s') ? '->' : '=>'} ${quoted(target)}\n`);
      } catch (error) {
        failed = true;
        const message = errnoMessage(error);
        const missing = !options.has('s') && kindOf(files, process.resolve(target)) === undefined;
        await complain(
          process,
          missing
            ? `failed to access ${quoted(target)}: ${message}`
            : `failed to create ${kind} link ${quoted(path)}: ${message}`,
        );
      }
    }
    return failed ? 1 : 0;
  },
);
