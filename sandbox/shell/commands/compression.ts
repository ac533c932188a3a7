/** gzip and zlib by the platform's own streams; nothing is loaded for it. */
import { concat, EMPTY } from '../../core/bytes.ts';
import type { Process } from '../../os/process.ts';

interface Transform {
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } };
  readonly readable: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }> } };
}
declare const CompressionStream: new (format: 'gzip' | 'deflate') => Transform;
declare const DecompressionStream: new (format: 'gzip' | 'deflate') => Transform;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

export const gzip = (process: Process, bytes: Uint8Array): Promise<Uint8Array> =>
  process.wait(through(new CompressionStream('gzip'), bytes));

/** Undefined when it is no whole gzip file. */
export async function gunzip(process: Process, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!isGzip(bytes)) return undefined;
  return await process.wait(through(new DecompressionStream('gzip'), bytes).catch(() => undefined));
}

/** zlib's format, as git stores objects. */
export const deflate = (process: Process, bytes: Uint8Array): Promise<Uint8Array> =>
  process.wait(through(new CompressionStream('deflate'), bytes));

/** Undefined when it is no whole zlib stream. */
export const inflate = (process: Process, bytes: Uint8Array): Promise<Uint8Array | undefined> =>
  process.wait(through(new DecompressionStream('deflate'), bytes).catch(() => undefined));

async function through(transform: Transform, bytes: Uint8Array): Promise<Uint8Array> {
  const writer = transform.writable.getWriter();
  const writing = writer.write(bytes).then(() => writer.close());
  // A failure is seen by the reader, too.
  writing.catch(() => undefined);
  const reader = transform.readable.getReader();
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value!);
  }
  return chunks.length === 0 ? EMPTY : concat(chunks);
}
