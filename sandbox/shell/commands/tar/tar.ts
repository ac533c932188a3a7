/**
 * GNU `tar`: create, append to nothing, extract and list ustar archives, compressed by gzip where -z or the
 * archive itself says so. Left out: -r, -u, other compressions, devices, incremental archives.
 */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { joinPath } from '../../../os/path.ts';
import { readTar, writeTar, type TarEntry } from '../../../core/tar-archive.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { CommandError, defineCommand, errnoMessage, type Options } from '../command.ts';
import { gunzip, gzip, isGzip } from '../compression.ts';
import { modeText, Names } from '../file-mode.ts';

const body = defineCommand(
  {
    short: 'cC:f:hjJkmoOpPtT:vxzX:',
    long: {
      create: 'c',
      directory: 'C',
      extract: 'x',
      get: 'x',
      file: 'f',
      gzip: 'z',
      list: 't',
      verbose: 'v',
      exclude: 'exclude:',
      'strip-components': 'strip:',
      'to-stdout': 'O',
      touch: 'm',
      'no-same-owner': 'o',
      'same-permissions': 'p',
      'keep-old-files': 'k',
      'files-from': 'T',
      'numeric-owner': 'numeric',
      dereference: 'h',
    },
    usage:
      "tar [OPTION...] [FILE]...\nGNU 'tar' saves many files together into a single archive, and can restore individual files from it.\n\n  tar -cf archive.tar foo bar  # Create archive.tar from files foo and bar.\n  tar -tvf archive.tar         # List all files in archive.tar verbosely.\n  tar -xf archive.tar          # Extract all files from archive.tar.\n\n  -C, --directory=DIR          change to directory DIR\n      --exclude=PATTERN        leave out files whose names match\n  -f, --file=ARCHIVE           use archive file; - for standard input or output\n  -O, --to-stdout              extract files to standard output\n      --strip-components=N     strip N leading components from file names\n  -v, --verbose                list the files processed\n  -z, --gzip                   filter the archive through gzip",
    usageExitCode: 2,
  },
  async (process, options, operands) => {
    const modes = ['c', 't', 'x'].filter((mode) => options.has(mode));
    if (modes.length > 1)
      throw new CommandError(
        "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\nTry 'tar --help' or 'tar --usage' for more information.",
        2,
      );
    if (modes.length === 0)
      throw new CommandError(
        "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.",
        2,
      );
    for (const key of ['j', 'J'])
      if (options.has(key)) throw new CommandError('only gzip (-z) is there: bzip2 and xz are not', 2);
    return modes[0] === 'c'
      ? await create(process, options, operands)
      : await extract(process, options, operands);
  },
);

/** `tar xzf FILE`: the first word's letters need no dash; their values follow in their order. */
export const program: Program = async (process) => {
  const [name, first, ...rest] = process.argv;
  if (first !== undefined && /^[A-Za-z]+$/.test(first)) {
    const words: string[] = [];
    for (const letter of first) {
      words.push(`-${letter}`);
      if ('CfTX'.includes(letter) && rest.length > 0) words.push(rest.shift()!);
    }
    process.argv.splice(0, process.argv.length, name!, ...words, ...rest);
  }
  return await body(process);
};

/** Whether `--exclude` names it, or one of its directories. */
function excluded(options: Options, name: string): boolean {
  return options.all('exclude').some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`(^|/)${source}(/|$)`).test(name.replace(/\/$/, ''));
  });
}

async function create(process: Process, options: Options, operands: string[]): Promise<number> {
  if (operands.length === 0 && !options.has('T'))
    throw new CommandError(
      "Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
      2,
    );
  const files = process.fileSystem;
  const base = process.resolve(options.get('C') ?? '.');
  const entries: TarEntry[] = [];
  const archive = options.get('f') ?? '-';
  const seen = new Map<number, string>();
  let status = 0;
  let told = false;
  const add = async (name: string): Promise<void> => {
    await process.tick();
    if (excluded(options, name)) return;
    const path = name.startsWith('/') ? name : joinPath(base, name);
    const stat = options.has('h') ? files.stat(path) : files.lstat(path);
    const { kind } = stat;
    if (kind === 'device' || path === process.resolve(archive)) return;
    if (name.startsWith('/') && !told) {
      told = true;
      await process.printError("tar: Removing leading `/' from member names\n");
    }
    const stored = name.replace(/^\/+/, '') + (kind === 'directory' && !name.endsWith('/') ? '/' : '');
    const first = kind === 'file' && stat.links > 1 ? seen.get(stat.inode) : undefined;
    if (kind === 'file') seen.set(stat.inode, stored);
    if (stored !== '/' && stored !== '')
      entries.push({
        ...stat,
        name: stored,
        kind: first === undefined ? kind : 'hardlink',
        contents: kind === 'file' && first === undefined ? files.readFile(path) : EMPTY,
        target: first ?? (kind === 'symlink' ? files.readLink(path) : ''),
      });
    if (options.has('v'))
      await (archive === '-' ? process.printError(`${stored}\n`) : process.print(`${stored}\n`));
    if (kind !== 'directory') return;
    for (const child of files.readDirectory(path)) await add(`${name.replace(/\/$/, '')}/${child}`);
  };
  const list = options.get('T');
  const named = list === undefined ? [] : await listed(process, list);
  for (const name of [...operands, ...named]) {
    try {
      await add(name);
    } catch (error) {
      await process.printError(`tar: ${name}: Cannot stat: ${errnoMessage(error)}\n`);
      status = 2;
    }
  }
  const bytes = writeTar(entries);
  const packed = options.has('z') ? await gzip(process, bytes) : bytes;
  if (archive === '-') await process.print(packed);
  else files.writeFile(process.resolve(archive), packed);
  if (status !== 0) await process.printError('tar: Exiting with failure status due to previous errors\n');
  return status;
}

async function listed(process: Process, path: string): Promise<string[]> {
  const text = path === '-' ? await process.readAll(0) : process.readTextFile(path);
  return text.split('\n').filter((line) => line !== '');
}

async function extract(process: Process, options: Options, operands: string[]): Promise<number> {
  const base = process.resolve(options.get('C') ?? '.');
  const names = new Names(process);
  const wanted = new Set(operands.map((name) => name.replace(/\/$/, '')));
  const found = new Set<string>();
  const strip = Number(options.get('strip') ?? 0);
  let status = 0;
  for (const entry of readTar(await readArchive(process, options))) {
    await process.tick();
    const chosen = [...wanted].find(
      (name) => entry.name.replace(/\/$/, '') === name || entry.name.startsWith(`${name}/`),
    );
    if ((wanted.size > 0 && chosen === undefined) || excluded(options, entry.name)) continue;
    if (chosen !== undefined) found.add(chosen);
    if (options.has('t') || options.has('v'))
      await process.print(
        options.has('t') && options.has('v') ? longLine(entry, names, options) : `${entry.name}\n`,
      );
    if (options.has('t')) continue;
    if (entry.name.split('/').includes('..')) {
      await process.printError(`tar: ${entry.name}: Member name contains '..'\n`);
      status = 2;
      continue;
    }
    if (options.has('O')) {
      if (entry.kind === 'file') await process.print(entry.contents);
      continue;
    }
    const name = entry.name.replace(/\/$/, '').split('/').slice(strip).join('/');
    if (name === '') continue;
    const place = joinPath(base, name);
    try {
      extractOne(process, options, entry, base, place, strip);
    } catch (error) {
      await process.printError(`tar: ${entry.name}: Cannot open: ${errnoMessage(error)}\n`);
      status = 2;
    }
  }
  for (const name of operands) {
    if (found.has(name.replace(/\/$/, ''))) continue;
    await process.printError(`tar: ${name}: Not found in archive\n`);
    status = 2;
  }
  if (status !== 0) await process.printError('tar: Exiting with failure status due to previous errors\n');
  return status;
}

function extractOne(
  process: Process,
  options: Options,
  entry: TarEntry,
  base: string,
  place: string,
  strip: number,
): void {
  const files = process.fileSystem;
  const parent = place.slice(0, place.lastIndexOf('/'));
  if (parent) files.mkdir(parent, { recursive: true });
  if (entry.kind === 'directory') files.mkdir(place, { recursive: true });
  else {
    try {
      files.unlink(place);
    } catch {
      // Nothing there yet.
    }
    if (entry.kind === 'symlink') return files.symlink(entry.target, place);
    if (entry.kind === 'hardlink')
      return files.link(joinPath(base, entry.target.split('/').slice(strip).join('/')), place);
    files.writeFile(place, entry.contents.slice());
  }
  files.chmod(place, options.has('p') ? entry.mode : entry.mode & ~process.umask);
  if (!options.has('m') && entry.kind === 'file') files.utimes(place, entry.mtimeMs);
}

/** `-rw-r--r-- root/root         6 2024-01-01 00:00 a`. */
function longLine(entry: TarEntry, names: Names, options: Options): string {
  const { kind, mode, uid, gid, contents, mtimeMs, name, target } = entry;
  const owner = options.has('numeric') ? `${uid}/${gid}` : `${names.user(uid)}/${names.group(gid)}`;
  const size = String(contents.length).padStart(Math.max(1, 18 - owner.length));
  const time = new Date(mtimeMs).toISOString().slice(0, 16).replace('T', ' ');
  const link = kind === 'symlink' ? ` -> ${target}` : kind === 'hardlink' ? ` link to ${target}` : '';
  const type = kind === 'hardlink' ? 'h' : undefined;
  const text = modeText({ kind: kind === 'hardlink' ? 'file' : kind, mode });
  return `${type ? type + text.slice(1) : text} ${owner} ${size} ${time} ${name}${link}\n`;
}

async function readArchive(process: Process, options: Options): Promise<Uint8Array> {
  const archive = options.get('f') ?? '-';
  let bytes: Uint8Array;
  if (archive === '-') {
    const chunks: Uint8Array[] = [];
    for (let chunk; (chunk = await process.read(0));) chunks.push(chunk);
    bytes = chunks.length === 0 ? EMPTY : concat(chunks);
  } else {
    try {
      bytes = process.fileSystem.readFile(process.resolve(archive));
    } catch (error) {
      throw new CommandError(
        `${archive}: Cannot open: ${errnoMessage(error)}\ntar: Error is not recoverable: exiting now`,
        2,
      );
    }
  }
  if (!isGzip(bytes)) {
    if (!options.has('z')) return bytes;
  } else if (options.has('z') || archive !== '-') {
    const plain = await gunzip(process, bytes);
    if (plain) return plain;
  } else
    throw new CommandError(
      'Archive is compressed. Use -z option\ntar: Error is not recoverable: exiting now',
      2,
    );
  await process.printError('\ngzip: stdin: not in gzip format\n');
  throw new CommandError('Child returned status 1\ntar: Error is not recoverable: exiting now', 2);
}
