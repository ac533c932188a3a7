/** GNU `du`: sizes in blocks of 4 KiB, as on a usual disk. */
import { joinPath } from '../../../os/path.ts';
import { complain, defineCommand, errnoMessage, quoted } from '../command.ts';
import { humanSize } from '../file-mode.ts';

export const program = defineCommand(
  {
    short: 'abcd:hkmsx',
    long: {
      all: 'a',
      bytes: 'b',
      total: 'c',
      'max-depth': 'd',
      'human-readable': 'h',
      summarize: 's',
      'apparent-size': 'apparent',
    },
    usage:
      'du [OPTION]... [FILE]...\nSummarize device usage of the set of FILEs, recursively for directories.\n\n  -a, --all              write counts for all files, not just directories\n  -b, --bytes            apparent size in bytes\n  -c, --total            produce a grand total\n  -d, --max-depth=N      print the total for a directory only if it is N or fewer levels below\n  -h, --human-readable   print sizes in human readable format\n  -s, --summarize        display only a total for each argument',
  },
  async (process, options, operands) => {
    const files = process.fileSystem;
    const exact = options.has('b') || options.has('apparent');
    const depthLimit = options.has('s') ? 0 : Number(options.get('d') ?? Infinity);
    const show = (bytes: number) =>
      options.has('h')
        ? humanSize(bytes)
        : options.has('b')
          ? String(bytes)
          : String(Math.ceil(bytes / (options.has('m') ? 1024 ** 2 : 1024)));
    let failed = false;
    const seen = new Set<number>();
    const measure = async (path: string, depth: number): Promise<number> => {
      await process.tick();
      const absolute = path.startsWith('/') ? path : `${process.directory}/${path}`;
      let total: number;
      try {
        const stat = files.lstat(absolute);
        if (stat.kind === 'file' && stat.links > 1) {
          if (seen.has(stat.inode)) return 0;
          seen.add(stat.inode);
        }
        total = exact
          ? stat.sizeBytes
          : stat.kind === 'directory'
            ? 4096
            : stat.kind === 'symlink'
              ? 0
              : Math.ceil(stat.sizeBytes / 4096) * 4096;
        if (stat.kind === 'directory')
          for (const name of files.readDirectory(absolute))
            total += await measure(joinPath(path, name), depth + 1);
        if (depth <= depthLimit && (stat.kind === 'directory' || options.has('a') || depth === 0))
          await process.print(`${show(total)}\t${path}\n`);
        return total;
      } catch (error) {
        failed = true;
        await complain(process, `cannot access ${quoted(path)}: ${errnoMessage(error)}`);
        return 0;
      }
    };
    let sum = 0;
    for (const path of operands.length > 0 ? operands : ['.']) sum += await measure(path, 0);
    if (options.has('c')) await process.print(`${show(sum)}\ttotal\n`);
    return failed ? 1 : 0;
  },
);
