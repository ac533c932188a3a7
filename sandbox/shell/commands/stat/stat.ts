/** GNU `stat` on files. */
import type { FileStat } from '../../../os/file-system.ts';
import { unescape } from '../../parameter-operations.ts';
import { complain, defineCommand, errnoMessage, quoted, UsageError } from '../command.ts';
import { modeText, Names } from '../file-mode.ts';

export const program = defineCommand(
  {
    short: 'c:fLt',
    long: { format: 'c', printf: 'printf:', dereference: 'L', terse: 't' },
    usage:
      'stat [OPTION]... FILE...\nDisplay file status.\n\n  -L, --dereference     follow links\n  -c  --format=FORMAT   use the specified FORMAT instead of the default',
  },
  async (process, options, operands) => {
    if (operands.length === 0) throw new UsageError('missing operand');
    const names = new Names(process);
    const files = process.fileSystem;
    let failed = false;
    for (const path of operands) {
      const absolute = process.resolve(path);
      let stat: FileStat;
      let target: string | undefined;
      try {
        stat = options.has('L') ? files.stat(absolute) : files.lstat(absolute);
        if (stat.kind === 'symlink') target = files.readLink(absolute);
      } catch (error) {
        failed = true;
        await complain(process, `cannot statx ${quoted(path)}: ${errnoMessage(error)}`);
        continue;
      }
      const format = options.get('c');
      const printf = options.get('printf');
      if (format !== undefined) await process.print(`${fill(format, path, stat, target, names)}\n`);
      else if (printf !== undefined)
        await process.print(fill(unescape(printf, 'format').text, path, stat, target, names));
      else await process.print(describe(path, stat, target, names));
    }
    return failed ? 1 : 0;
  },
);

const KINDS: Record<FileStat['kind'], string> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  device: 'character special file',
};

const kindText = (stat: FileStat) =>
  stat.kind === 'file' && stat.sizeBytes === 0 ? 'regular empty file' : KINDS[stat.kind];
const timeText = (ms: number) =>
  `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '000000')} +0000`;
const blocks = (stat: FileStat) => Math.ceil(stat.sizeBytes / 4096) * 8;

function fill(
  format: string,
  path: string,
  stat: FileStat,
  target: string | undefined,
  names: Names,
): string {
  const kindBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000, device: 0o020000 }[stat.kind];
  return format.replace(/%[-#+ 0]*\d*([a-zA-Z%])/g, (whole, letter: string) => {
    switch (letter) {
      case '%':
        return '%';
      case 'a':
        return stat.mode.toString(8);
      case 'A':
        return modeText(stat);
      case 'b':
        return String(blocks(stat));
      case 'B':
        return '512';
      case 'f':
        return (kindBits | stat.mode).toString(16);
      case 'F':
        return kindText(stat);
      case 'g':
        return String(stat.gid);
      case 'G':
        return names.group(stat.gid);
      case 'h':
        return String(stat.links);
      case 'i':
        return String(stat.inode);
      case 'n':
        return path;
      case 'N':
        return target === undefined ? quoted(path) : `${quoted(path)} -> ${quoted(target)}`;
      case 's':
        return String(stat.sizeBytes);
      case 'u':
        return String(stat.uid);
      case 'U':
        return names.user(stat.uid);
      case 'x':
      case 'y':
      case 'z':
        return timeText(stat.mtimeMs);
      case 'X':
      case 'Y':
      case 'Z':
        return String(Math.floor(stat.mtimeMs / 1000));
      case 'w':
        return '-';
      case 'W':
        return '0';
      case 'o':
        return '4096';
      default:
        return whole;
    }
  });
}

function describe(path: string, stat: FileStat, target: string | undefined, names: Names): string {
  const shown = target === undefined ? path : `${path} -> ${target}`;
  const time = timeText(stat.mtimeMs);
  return (
    `  File: ${shown}\n` +
    `  Size: ${String(stat.sizeBytes).padEnd(10)}\tBlocks: ${String(blocks(stat)).padEnd(10)} IO Block: 4096   ${kindText(stat)}\n` +
    `Device: 0,1\tInode: ${String(stat.inode).padEnd(11)} Links: ${stat.links}\n` +
    `Access: (${stat.mode.toString(8).padStart(4, '0')}/${modeText(stat)})  Uid: (${String(stat.uid).padStart(5)}/${names.user(stat.uid).padStart(8)})   Gid: (${String(stat.gid).padStart(5)}/${names.group(stat.gid).padStart(8)})\n` +
    `Access: ${time}\nModify: ${time}\nChange: ${time}\n Birth: -\n`
  );
}
