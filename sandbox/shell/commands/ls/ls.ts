/** GNU `ls`: -1aAdFhilrRSt and colours by kind. Times are UTC; there are no access times to sort by. */
import type { FileStat } from '../../../os/file-system.ts';
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { compareNames } from '../../glob.ts';
import { layOutColumns, textWidth } from '../columns.ts';
import { complain, defineCommand, errnoMessage, quoted, UsageError, type Options } from '../command.ts';
import { humanSize, listTime, modeText, Names } from '../file-mode.ts';

interface Entry {
  /** As it is shown. */
  name: string;
  path: string;
  stat: FileStat;
  /** A symlink's target. */
  target?: string;
}

export const program = defineCommand(
  {
    short: '1aAbBcCdDfFgGhHiIklLmnNopqQrRsStTuUvwxXZ',
    long: {
      all: 'a',
      'almost-all': 'A',
      directory: 'd',
      classify: 'F',
      'human-readable': 'h',
      inode: 'i',
      'numeric-uid-gid': 'n',
      'no-group': 'G',
      reverse: 'r',
      recursive: 'R',
      size: 's',
      dereference: 'L',
      color: 'color?',
      'group-directories-first': 'group-directories-first',
      'full-time': 'full-time',
      sort: 'sort:',
    },
    usage:
      'ls [OPTION]... [FILE]...\nList information about the FILEs (the current directory by default).\n\n  -a, --all                  do not ignore entries starting with .\n  -A, --almost-all           do not list implied . and ..\n      --color[=WHEN]         color the output WHEN: always, auto or never\n  -d, --directory            list directories themselves, not their contents\n  -F, --classify             append indicator (one of */=>@|) to entries\n  -h, --human-readable       with -l, print sizes like 1K 234M 2G etc.\n  -i, --inode                print the index number of each file\n  -l                         use a long listing format\n  -r, --reverse              reverse order while sorting\n  -R, --recursive            list subdirectories recursively\n  -S                         sort by file size, largest first\n  -t                         sort by time, newest first\n  -1                         list one file per line',
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    const listing = new Listing(process, options);
    return await listing.run(operands.length > 0 ? operands : ['.']);
  },
);

class Listing {
  readonly #process: Process;
  readonly #options: Options;
  readonly #colours: boolean;
  readonly #long: boolean;
  #status = 0;
  #printed = false;

  constructor(process: Process, options: Options) {
    this.#process = process;
    this.#options = options;
    this.#long =
      options.has('l') ||
      options.has('n') ||
      options.has('o') ||
      options.has('g') ||
      options.has('full-time');
    const when = options.has('color') ? (options.get('color') ?? 'always') : 'never';
    if (!['always', 'yes', 'force', 'auto', 'tty', 'if-tty', 'never', 'no', 'none'].includes(when)) {
      throw new UsageError(`invalid argument ${quoted(when)} for '--color'`);
    }
    const terminal = process.files[1]?.terminal !== undefined;
    this.#colours =
      !process.environment['NO_COLOR'] &&
      (/^(always|yes|force)$/.test(when) || (/tty|auto/.test(when) && terminal));
  }

  async run(operands: string[]): Promise<number> {
    const [files, directories]: [Entry[], Entry[]] = [[], []];
    for (const name of operands) {
      const entry = await this.#entry(name, name, 2);
      if (!entry) continue;
      const directory =
        entry.stat.kind === 'directory' ||
        (entry.stat.kind === 'symlink' && !this.#long && this.#leadsToDirectory(entry));
      if (directory && !this.#options.has('d')) directories.push(entry);
      else files.push(entry);
    }
    this.#sort(files);
    this.#sort(directories);
    if (files.length > 0) await this.#print(files, false);
    for (const directory of directories) {
      await this.#directory(directory.path, operands.length > 1 || this.#options.has('R'));
    }
    return this.#status;
  }

  #leadsToDirectory(entry: Entry): boolean {
    try {
      return this.#process.fileSystem.stat(this.#process.resolve(entry.path)).kind === 'directory';
    } catch {
      return false;
    }
  }

  async #entry(path: string, name: string, severity: number): Promise<Entry | undefined> {
    const files = this.#process.fileSystem;
    const absolute = path.startsWith('/') ? path : `${this.#process.directory}/${path}`;
    try {
      const stat = this.#options.has('L') ? files.stat(absolute) : files.lstat(absolute);
      const target = stat.kind === 'symlink' ? files.readLink(absolute) : undefined;
      return { name, path, stat, target };
    } catch (error) {
      this.#status = Math.max(this.#status, severity);
      await complain(this.#process, `cannot access ${quoted(path)}: ${errnoMessage(error)}`);
      return undefined;
    }
  }

  async #directory(path: string, withHeader: boolean): Promise<void> {
    const process = this.#process;
    const options = this.#options;
    let names: string[];
    try {
      names = process.fileSystem.readDirectory(path.startsWith('/') ? path : `${process.directory}/${path}`);
    } catch (error) {
      this.#status = Math.max(this.#status, 2);
      await complain(process, `cannot open directory ${quoted(path)}: ${errnoMessage(error)}`);
      return;
    }
    if (!options.has('a') && !options.has('A')) names = names.filter((name) => !name.startsWith('.'));
    if (options.has('a') || options.has('f')) names = ['.', '..', ...names];
    const entries: Entry[] = [];
    for (const name of names) {
      const entry = await this.#entry(joinPath(path, name), name, 1);
      if (entry) entries.push(entry);
    }
    this.#sort(entries);
    if (withHeader) await process.print(`${this.#printed ? '\n' : ''}${path}:\n`);
    this.#printed = true;
    await this.#print(entries, true);
    if (!options.has('R')) return;
    for (const { name, path: inner, stat } of entries) {
      if (stat.kind === 'directory' && name !== '.' && name !== '..') await this.#directory(inner, true);
    }
  }

  #sort(entries: Entry[]): void {
    const options = this.#options;
    if (options.has('U') || options.has('f')) return;
    const by =
      options.get('sort') ??
      { S: 'size', t: 'time', X: 'extension', v: 'version' }[options.last('S', 't', 'X', 'v') ?? ''];
    const extension = (name: string) => (name.includes('.') ? name.slice(name.lastIndexOf('.')) : '');
    entries.sort((a, b) => {
      let order = 0;
      if (by === 'size') order = b.stat.sizeBytes - a.stat.sizeBytes;
      else if (by === 'time') order = b.stat.mtimeMs - a.stat.mtimeMs;
      else if (by === 'extension') order = compareNames(extension(a.name), extension(b.name));
      return order || compareNames(a.name, b.name);
    });
    if (options.has('r')) entries.reverse();
    if (options.has('group-directories-first')) {
      entries.sort((a, b) => Number(b.stat.kind === 'directory') - Number(a.stat.kind === 'directory'));
    }
  }

  async #print(entries: Entry[], inDirectory: boolean): Promise<void> {
    const process = this.#process;
    this.#printed = true;
    if (this.#long) {
      if (inDirectory) {
        const blocks = entries.reduce((sum, { stat }) => sum + blocksOf(stat), 0);
        await process.print(`total ${this.#options.has('h') ? humanSize(blocks * 1024) : blocks}\n`);
      }
      await process.print(this.#longLines(entries));
      return;
    }
    const inodes = this.#options.has('i')
      ? Math.max(0, ...entries.map(({ stat }) => String(stat.inode).length))
      : 0;
    const prefix = ({ stat }: Entry) => (inodes ? `${String(stat.inode).padStart(inodes)} ` : '');
    const names = entries.map((entry) => prefix(entry) + this.#paint(entry) + this.#indicator(entry));
    const { terminal } = process.files[1] ?? {};
    if (this.#options.has('m')) {
      await process.print(names.length > 0 ? `${names.join(', ')}\n` : '');
    } else if ((terminal || this.#options.has('C') || this.#options.has('x')) && !this.#options.has('1')) {
      const sizes = entries.map((entry) =>
        textWidth(prefix(entry) + quoteName(entry.name, terminal !== undefined) + this.#indicator(entry)),
      );
      const width = terminal?.columns ?? 80;
      await process.print(
        layOutColumns(names, sizes, width)
          .map((line) => `${line}\n`)
          .join(''),
      );
    } else await process.print(names.map((name) => `${name}\n`).join(''));
  }

  #longLines(entries: Entry[]): string {
    const options = this.#options;
    const names = new Names(this.#process);
    const now = this.#process.machine.clock.now();
    const numeric = options.has('n');
    const rows = entries.map((entry) => {
      const { stat } = entry;
      const cells = [modeText(stat), String(stat.links)];
      if (!options.has('g')) cells.push(numeric ? String(stat.uid) : names.user(stat.uid));
      if (!options.has('o') && !options.has('G'))
        cells.push(numeric ? String(stat.gid) : names.group(stat.gid));
      cells.push(options.has('h') ? humanSize(stat.sizeBytes) : String(stat.sizeBytes));
      cells.push(
        options.has('full-time')
          ? `${new Date(stat.mtimeMs).toISOString().replace('T', ' ').replace('Z', '000000')} +0000`
          : listTime(stat.mtimeMs, now),
      );
      if (options.has('i')) cells.unshift(String(stat.inode));
      const arrow = entry.target === undefined ? '' : ` -> ${entry.target}`;
      return {
        cells,
        name: this.#paint(entry) + (entry.target === undefined ? this.#indicator(entry) : '') + arrow,
      };
    });
    const widths: number[] = [];
    for (const { cells } of rows)
      cells.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
    const texts = new Set([
      options.has('i') ? 1 : 0,
      ...(options.has('g') ? [] : [2 + Number(options.has('i'))]),
    ]);
    if (!options.has('o') && !options.has('G'))
      texts.add((options.has('g') ? 2 : 3) + Number(options.has('i')));
    return rows
      .map(({ cells, name }) => {
        const padded = cells.map((cell, i) =>
          texts.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
        );
        return `${padded.join(' ')} ${name}\n`;
      })
      .join('');
  }

  #paint(entry: Entry): string {
    const name = quoteName(entry.name, this.#process.files[1]?.terminal !== undefined);
    const colour = this.#colours ? this.#colourOf(entry) : undefined;
    return colour ? `\u001b[0m\u001b[${colour}m${name}\u001b[0m` : name;
  }

  /** The defaults of dircolors(1). */
  #colourOf({ stat, path, name }: Entry): string | undefined {
    if (stat.kind === 'directory') return (stat.mode & 0o1002) === 0o1002 ? '30;42' : '01;34';
    if (stat.kind === 'symlink') {
      try {
        this.#process.fileSystem.stat(path.startsWith('/') ? path : `${this.#process.directory}/${path}`);
        return '01;36';
      } catch {
        return '40;31;01';
      }
    }
    if (stat.kind === 'device') return '40;33;01';
    if (stat.mode & 0o111) return '01;32';
    if (/\.(tar|tgz|gz|zip|xz|bz2|zst)$/.test(name)) return '01;31';
    if (/\.(jpe?g|png|gif|svg|webp)$/.test(name)) return '01;35';
    return undefined;
  }

  #indicator({ stat }: Entry): string {
    const slash = this.#options.has('p') || this.#options.has('F');
    if (stat.kind === 'directory') return slash ? '/' : '';
    if (!this.#options.has('F')) return '';
    return stat.kind === 'symlink' ? '@' : stat.kind === 'file' && stat.mode & 0o111 ? '*' : '';
  }
}

/** 1 KiB blocks, of which a file takes whole groups of four. */
const blocksOf = (stat: FileStat): number =>
  stat.kind === 'directory' ? 4 : stat.kind === 'file' ? Math.ceil(stat.sizeBytes / 4096) * 4 : 0;

/** On a terminal, a name the shell would split is shown in quotes. */
function quoteName(name: string, terminal: boolean): string {
  if (!terminal || /^[\w%+,./:@^~-]+$/.test(name) || /^[\w%+,./:@^\u0080-\uffff~-]+$/.test(name)) return name;
  return name.includes("'") && !/["$`\\]/.test(name) ? `"${name}"` : `'${name.replaceAll("'", "'\\''")}'`;
}
