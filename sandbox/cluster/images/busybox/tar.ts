/**
 * busybox `tar`: -c, -x and -t of uncompressed archives (`tar-archive.ts`), which is what `kubectl cp` asks
 * for. Left out: compression, devices.
 */
import { concat, EMPTY } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { readTar, TAR_END, tarMember } from '../../../core/tar-archive.ts';

const USAGE = 'tar c|x|t [-f TARFILE] [-C DIR] [-mov] [FILE]...';

interface Settings {
  mode: 'c' | 'x' | 't' | undefined;
  archive: string;
  directory: string;
  verbose: boolean;
  /** Times of files are those of the extraction. */
  touch: boolean;
  names: string[];
}

export const tar: Program = async (process) => {
  const settings = parse(process.argv.slice(1));
  if (!settings?.mode) {
    await process.printError(`Usage: ${USAGE}\n`);
    return 1;
  }
  if (!isDirectory(process, settings.directory)) {
    await process.printError(
      `tar: can't change directory to '${settings.directory}': No such file or directory\n`,
    );
    return 1;
  }
  try {
    return settings.mode === 'c' ? await create(process, settings) : await extract(process, settings);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const subject = error.subject ? `${error.subject}: ` : '';
    await process.printError(`tar: ${subject}${error.message}\n`);
    return 1;
  }
};

function isDirectory(process: Process, path: string): boolean {
  try {
    return process.fileSystem.stat(process.resolve(path)).kind === 'directory';
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return false;
  }
}

async function create(process: Process, { archive, directory, verbose, names }: Settings): Promise<number> {
  const files = process.fileSystem;
  const base = process.resolve(directory);
  const blocks: Uint8Array[] = [];
  let exitCode = 0;
  let told = false;
  const add = async (name: string): Promise<void> => {
    await process.tick();
    const place = name.startsWith('/') ? name : `${base === '/' ? '' : base}/${name}`;
    const stat = files.lstat(process.resolve(place));
    if (name.startsWith('/') && !told) {
      told = true;
      await process.printError("tar: removing leading '/' from member names\n");
    }
    const member = name.replace(/^\/+/, '');
    const { kind } = stat;
    if (kind === 'device') return;
    const contents = kind === 'file' ? files.readFile(process.resolve(place)) : EMPTY;
    const target = kind === 'symlink' ? files.readLink(process.resolve(place)) : '';
    const stored = kind === 'directory' ? `${member.replace(/\/$/, '')}/` : member;
    if (verbose) await process.printError(`${member}\n`);
    if (stored !== '/') blocks.push(...tarMember({ ...stat, kind, name: stored, contents, target }));
    if (stat.kind !== 'directory') return;
    for (const child of files.readDirectory(process.resolve(place)))
      await add(`${name.replace(/\/$/, '')}/${child}`);
  };
  for (const name of names) {
    try {
      await add(name);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      exitCode = 1;
      await process.printError(`tar: ${name}: ${error.message}\n`);
    }
  }
  blocks.push(TAR_END);
  const bytes = concat(blocks);
  if (archive === '-') await process.print(bytes);
  else files.writeFile(process.resolve(archive), bytes);
  if (exitCode !== 0) await process.printError('tar: error exit delayed from previous errors\n');
  return exitCode;
}

async function extract(process: Process, settings: Settings): Promise<number> {
  const files = process.fileSystem;
  const bytes = await read(process, settings.archive);
  const base = process.resolve(settings.directory);
  for (const { name, kind, mode, mtimeMs, contents, target } of readTar(bytes)) {
    await process.tick();
    if (name.split('/').includes('..')) {
      await process.printError(`tar: name with '..' skipped: '${name}'\n`);
      continue;
    }
    if (settings.mode === 't' || settings.verbose) await process.print(`${name}\n`);
    if (settings.mode === 't') continue;
    const place = `${base === '/' ? '' : base}/${name.replace(/\/$/, '')}`;
    const parent = place.slice(0, place.lastIndexOf('/'));
    if (parent) files.mkdir(parent, { recursive: true });
    if (kind === 'directory') files.mkdir(place, { recursive: true });
    else if (kind === 'symlink') files.symlink(target, place);
    else if (kind === 'hardlink') files.link(`${base === '/' ? '' : base}/${target}`, place);
    else files.writeFile(place, contents.slice());
    if (kind === 'symlink' || kind === 'hardlink') continue;
    files.chmod(place, mode);
    if (!settings.touch) files.utimes(place, mtimeMs);
  }
  return 0;
}

async function read(process: Process, archive: string): Promise<Uint8Array> {
  if (archive !== '-') {
    try {
      return process.fileSystem.readFile(process.resolve(archive));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw new Errno(error.code, `can't open '${archive}'`);
    }
  }
  const chunks: Uint8Array[] = [];
  for (let chunk; (chunk = await process.read(0));) chunks.push(chunk);
  return concat(chunks);
}

/** `tar cf - DIR`, `tar -xmf - -C DIR`: the first word's letters need no dash. */
function parse(args: string[]): Settings | undefined {
  const settings: Settings = {
    mode: undefined,
    archive: '-',
    directory: '.',
    verbose: false,
    touch: false,
    names: [],
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (i > 0 && !/^-./.test(word)) {
      settings.names.push(word);
      continue;
    }
    for (const letter of word.replace(/^-/, '')) {
      if (letter === 'c' || letter === 'x' || letter === 't') settings.mode = letter;
      else if (letter === 'f') settings.archive = args[++i] ?? '-';
      else if (letter === 'C') settings.directory = args[++i] ?? '.';
      else if (letter === 'v') settings.verbose = true;
      else if (letter === 'm') settings.touch = true;
      else if (!'pohk'.includes(letter)) return undefined;
    }
  }
  return settings;
}
