/** Reads members of a zip file (PKWARE APPNOTE): stored and deflated, below 4 GiB, no encryption. */
import { inflateRawSync } from 'node:zlib';

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_HEADER = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/** The contents of the member called `path`. Throws when there is none. */
export function readZipMember(zip: Buffer, path: string): Buffer {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END_OF_CENTRAL_DIRECTORY) end--;
  if (end < 0) throw new Error('not a zip file');
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (zip.readUInt32LE(at) !== CENTRAL_HEADER) throw new Error('a damaged zip file');
    const method = zip.readUInt16LE(at + 10);
    const sizeBytes = zip.readUInt32LE(at + 20);
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    if (name === path) {
      const local = zip.readUInt32LE(at + 42);
      const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(data, data + sizeBytes);
      if (method === STORED) return Buffer.from(bytes);
      if (method === DEFLATED) return inflateRawSync(bytes);
      throw new Error(`${path}: compressed in a way that is not understood`);
    }
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${path}: not in the zip file`);
}
