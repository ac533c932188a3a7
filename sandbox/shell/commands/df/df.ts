/** GNU `df`: the root file system with its quota, and what is mounted. */
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { defineCommand } from '../command.ts';
import { humanSize } from '../file-mode.ts';

/** Shown where there is no quota. */
const DEFAULT_BYTES = 10 * 1024 ** 3;

export const program = defineCommand(
  {
    short: 'ahiklPT',
    long: { all: 'a', 'human-readable': 'h', inodes: 'i', 'print-type': 'T' },
    usage:
      'df [OPTION]... [FILE]...\nShow information about the file system on which each FILE resides.\n\n  -h, --human-readable  print sizes in powers of 1024 (e.g., 1023M)',
  },
  async (process, options) => {
    const { files } = process.machine;
    const human = options.has('h');
    const show = (bytes: number) => (human ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
    const rows: string[][] = [
      [
        'Filesystem',
        human ? 'Size' : '1K-blocks',
        'Used',
        human ? 'Avail' : 'Available',
        'Use%',
        'Mounted on',
      ],
    ];
    const row = (name: string, each: unknown, at: string) => {
      const memory = each instanceof MemoryFileSystem ? each : undefined;
      const size =
        memory && Number.isFinite(memory.quotaBytes) ? memory.quotaBytes : memory ? DEFAULT_BYTES : 0;
      const used = memory?.usedBytes ?? 0;
      rows.push([
        name,
        show(size),
        show(used),
        show(size - used),
        size === 0 ? '-' : `${Math.ceil((used / size) * 100)}%`,
        at,
      ]);
    };
    row('overlay', files, '/');
    if (files instanceof MemoryFileSystem) {
      for (const [at, each] of files.mounts) {
        if (at === '/proc' && !options.has('a')) continue;
        row(each instanceof MemoryFileSystem ? 'tmpfs' : at === '/dev' ? 'devtmpfs' : 'proc', each, at);
      }
    }
    const widths = rows[0]!.map((_, i) =>
      Math.max(i === 0 ? 14 : i < 4 ? 5 : 0, ...rows.map((cells) => cells[i]!.length)),
    );
    await process.print(
      rows
        .map(
          (cells) =>
            `${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : i === 5 ? cell : cell.padStart(widths[i]!))).join(' ')}\n`,
        )
        .join(''),
    );
    return 0;
  },
);
