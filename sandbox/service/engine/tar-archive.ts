/** A POSIX tar archive (ustar) of a few files, for an image's build context. Paths of up to 100 bytes. */

export interface TarEntry {
  path: string;
  contents: Uint8Array;
  /** Permission bits. */
  mode: number;
}

const BLOCK_BYTES = 512;

export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const { path, contents, mode } of entries) {
    const header = Buffer.alloc(BLOCK_BYTES);
    if (Buffer.byteLength(path) > 100) throw new RangeError(`${path}: too long a path for this archive`);
    header.write(path, 0);
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${contents.length.toString(8).padStart(11, '0')}\0`, 124);
    // The time of change is left at 0: equal contents make equal archives.
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\x0000', 257);
    let sum = 0;
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const padding = (BLOCK_BYTES - (contents.length % BLOCK_BYTES)) % BLOCK_BYTES;
    parts.push(header, Buffer.from(contents), Buffer.alloc(padding));
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(parts);
}
