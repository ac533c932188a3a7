const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of `text`. */
export const encode = (text: string): Uint8Array => encoder.encode(text);

/** Text of UTF-8 `bytes`; malformed input becomes U+FFFD. For a stream use `Utf8Decoder`. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

export const EMPTY = new Uint8Array(0);

/** One array with the contents of all `chunks`. A single chunk is returned as it is, not copied. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Decodes UTF-8 that arrives in pieces; a character split between two pieces is kept whole. */
export class Utf8Decoder {
  #decoder = new TextDecoder();
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }
  /** What is left at the end (U+FFFD for a truncated character). */
  end(): string {
    return this.#decoder.decode();
  }
}
