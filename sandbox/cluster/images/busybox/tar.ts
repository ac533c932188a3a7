/**
 * busybox `tar`: -c, -x and -t of uncompressed ustar archives, which is what `kubectl cp` asks for. Names
 * longer than ustar holds are read from pax headers and refused when written. Left out: compression, devices.
 */
import { concat, decode, encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';

const BLOCK_BYTES = 512;
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
  try {
    return settings.mode === 'c' ? await create(process, settings) : await extract(process, settings);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const subject = error.subject ? `${error.subject}: ` : '';
    await process.printError(`tar: ${subject}${error.message}\n`);
    return 1;
  }
};

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
    const contents = stat.kind === 'file' ? files.readFile(process.resolve(place)) : new Uint8Array(0);
    if (stat.kind === 'device') return;
    const target = stat.kind === 'symlink' ? files.readLink(process.resolve(place)) : '';
    const stored = stat.kind === 'directory' ? `${member.replace(/\/$/, '')}/` : member;
    if (verbose) await process.printError(`${member}\n`);
    if (stored !== '/')
      blocks.push(header(stored, { ...stat, sizeBytes: contents.length }, target), contents);
    const rest = contents.length % BLOCK_BYTES;
    if (rest > 0) blocks.push(new Uint8Array(BLOCK_BYTES - rest));
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
  blocks.push(new Uint8Array(2 * BLOCK_BYTES));
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
  let longName: string | undefined;
  for (let at = 0; at + BLOCK_BYTES <= bytes.length;) {
    await process.tick();
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (block[0] === 0) break;
    const sizeBytes = octal(block, 124, 12);
    const contents = bytes.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + sizeBytes);
    at += BLOCK_BYTES + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    const type = String.fromCharCode(block[156]!);
    if (type === 'x' || type === 'g') {
      longName = / path=([^\n]*)\n/.exec(decode(contents))?.[1];
      continue;
    }
    const prefix = text(block, 345, 155);
    const name = (longName ?? `${prefix ? `${prefix}/` : ''}${text(block, 0, 100)}`).replace(/^\/+/, '');
    longName = undefined;
    if (name.split('/').includes('..')) {
      await process.printError(`tar: name with '..' skipped: '${name}'\n`);
      continue;
    }
    if (settings.mode === 't' || settings.verbose) await process.print(`${name}\n`);
    if (settings.mode === 't') continue;
    const place = `${base === '/' ? '' : base}/${name.replace(/\/$/, '')}`;
    const parent = place.slice(0, place.lastIndexOf('/'));
    if (parent) files.mkdir(parent, { recursive: true });
    if (type === '5') files.mkdir(place, { recursive: true });
    else if (type === '2') files.symlink(text(block, 157, 100), place);
    else if (type === '1') files.link(`${base === '/' ? '' : base}/${text(block, 157, 100)}`, place);
    else files.writeFile(place, contents.slice());
    if (type === '2' || type === '1') continue;
    files.chmod(place, octal(block, 100, 8) & 0o7777);
    if (!settings.touch) files.utimes(place, octal(block, 136, 12) * 1000);
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

const TYPES = { file: '0', symlink: '2', directory: '5', device: '3' } as const;

function header(
  name: string,
  stat: {
    kind: keyof typeof TYPES;
    mode: number;
    uid: number;
    gid: number;
    sizeBytes: number;
    mtimeMs: number;
  },
  target: string,
): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, value: string) => block.set(encode(value), at);
  const number = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  let [prefix, rest] = ['', name];
  if (encode(name).length > 100) {
    const slash = name.lastIndexOf('/', name.length - 2);
    [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)];
    if (encode(prefix).length > 155 || encode(rest).length > 100) throw new Errno('ENAMETOOLONG', name);
  }
  put(0, rest);
  put(100, number(stat.mode, 7));
  put(108, number(stat.uid, 7));
  put(116, number(stat.gid, 7));
  put(124, number(stat.sizeBytes, 11));
  put(136, number(Math.floor(stat.mtimeMs / 1000), 11));
  put(148, '        ');
  put(156, TYPES[stat.kind]);
  put(157, target);
  put(257, 'ustar\u000000');
  put(345, prefix);
  put(
    148,
    `${number(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\u0000 `,
  );
  return block;
}

function text(block: Uint8Array, at: number, bytes: number): string {
  const field = block.subarray(at, at + bytes);
  const end = field.indexOf(0);
  return decode(end < 0 ? field : field.subarray(0, end));
}

const octal = (block: Uint8Array, at: number, bytes: number): number =>
  Number.parseInt(text(block, at, bytes).trim() || '0', 8);

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
