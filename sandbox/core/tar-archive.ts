/**
 * `ustar` archives (POSIX 1003.1-1988), byte for byte: what image layers are made of and what `tar` reads and
 * writes. Longer names than a header holds are read from pax headers (`path=`) and written with one.
 * Left out: devices, sparse files, compression.
 */
import { concat, decode, encode, EMPTY } from './bytes.ts';

const BLOCK_BYTES = 512;

export type TarKind = 'file' | 'directory' | 'symlink' | 'hardlink';

export interface TarEntry {
  /** As it stands in the archive: relative, `/` at the end of a directory's. */
  name: string;
  kind: TarKind;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  /** Of a file; otherwise empty. */
  contents: Uint8Array;
  /** Of a symlink, or the member that a hard link shares its file with. */
  target: string;
}

const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const PAX = 'x';
const GLOBAL_PAX = 'g';

/** What stands at the end of an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

/** A member's header, contents and padding. */
export function tarMember(entry: TarEntry): Uint8Array[] {
  const fits = nameFields(entry.name);
  if (fits) return member(entry, TYPE_FLAGS[entry.kind], fits);
  const record = paxRecord('path', entry.name);
  const extension = { ...entry, contents: record, target: '', mode: 0o644 };
  const short = { prefix: '', rest: decode(encode(entry.name).subarray(0, 100)) };
  return [
    ...member(extension, PAX, { prefix: '', rest: 'PaxHeaders/name' }),
    ...member(entry, TYPE_FLAGS[entry.kind], short),
  ];
}

export const writeTar = (entries: Iterable<TarEntry>): Uint8Array =>
  concat([...[...entries].flatMap(tarMember), TAR_END]);

/** The members of an archive up to its end. Names come without leading slashes. */
export function* readTar(bytes: Uint8Array): Generator<TarEntry> {
  let longName: string | undefined;
  for (let at = 0; at + BLOCK_BYTES <= bytes.length;) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (block[0] === 0) return;
    const sizeBytes = octal(block, 124, 12);
    const contents = bytes.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + sizeBytes);
    at += BLOCK_BYTES + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    const type = String.fromCharCode(block[156]!);
    if (type === PAX || type === GLOBAL_PAX) {
      longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(decode(contents))?.[1];
      continue;
    }
    const prefix = text(block, 345, 155);
    const name = longName ?? `${prefix ? `${prefix}/` : ''}${text(block, 0, 100)}`;
    longName = undefined;
    const kind: TarKind =
      type === '5' ? 'directory' : type === '2' ? 'symlink' : type === '1' ? 'hardlink' : 'file';
    yield {
      name: name.replace(/^\/+/, ''),
      kind,
      mode: octal(block, 100, 8) & 0o7777,
      uid: octal(block, 108, 8),
      gid: octal(block, 116, 8),
      mtimeMs: octal(block, 136, 12) * 1000,
      contents: kind === 'file' ? contents : EMPTY,
      target: text(block, 157, 100),
    };
  }
}

function member(entry: TarEntry, type: string, name: { prefix: string; rest: string }): Uint8Array[] {
  const { contents } = entry;
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, value: string) => block.set(encode(value), at);
  const number = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  put(0, name.rest);
  put(100, number(entry.mode, 7));
  put(108, number(entry.uid, 7));
  put(116, number(entry.gid, 7));
  put(124, number(contents.length, 11));
  put(136, number(Math.floor(entry.mtimeMs / 1000), 11));
  put(148, '        ');
  put(156, type);
  put(157, entry.target);
  put(257, 'ustar\u000000');
  put(345, name.prefix);
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, `${number(sum, 6)}\u0000 `);
  const rest = contents.length % BLOCK_BYTES;
  return rest > 0 ? [block, contents, new Uint8Array(BLOCK_BYTES - rest)] : [block, contents];
}

/** A name in a header's two fields of 155 and 100 bytes; undefined when it does not fit. */
function nameFields(name: string): { prefix: string; rest: string } | undefined {
  if (encode(name).length <= 100) return { prefix: '', rest: name };
  const slash = name.lastIndexOf('/', name.length - 2);
  if (slash <= 0) return undefined;
  const fields = { prefix: name.slice(0, slash), rest: name.slice(slash + 1) };
  return encode(fields.prefix).length > 155 || encode(fields.rest).length > 100 ? undefined : fields;
}

/** `27 path=…\n`: the number counts its own digits. */
function paxRecord(key: string, value: string): Uint8Array {
  const body = ` ${key}=${value}\n`;
  const bodyBytes = encode(body).length;
  let length = bodyBytes + String(bodyBytes).length;
  length = bodyBytes + String(length).length;
  return encode(`${length}${body}`);
}

function text(block: Uint8Array, at: number, bytes: number): string {
  const field = block.subarray(at, at + bytes);
  const end = field.indexOf(0);
  return decode(end < 0 ? field : field.subarray(0, end));
}

const octal = (block: Uint8Array, at: number, bytes: number): number =>
  Number.parseInt(text(block, at, bytes).trim() || '0', 8);
