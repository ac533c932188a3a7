import { OpenFile } from './open-file.ts';

/** One read hands out at most this much. */
const READ_BYTES = 65536;

/** An open file that holds `bytes` and nothing else: a here-document, a program's prepared input. */
export function openBytes(bytes: Uint8Array): OpenFile {
  let position = 0;
  const readNow = () => {
    if (position >= bytes.length) return null;
    const chunk = bytes.subarray(position, position + READ_BYTES);
    position += chunk.length;
    return chunk;
  };
  return new OpenFile({
    read: async () => readNow(),
    readNow,
    unread: (chunk) => {
      position = Math.max(0, position - chunk.length);
    },
  });
}
