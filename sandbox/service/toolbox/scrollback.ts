/** The last output of a terminal, addressed by how many bytes the terminal had printed before. */
export class Scrollback {
  /** What a page shows again after a reload: a few thousand lines. */
  static readonly SIZE_BYTES = 256 * 1024;
  /** A chunk for one delivery. */
  static readonly CHUNK_BYTES = 32 * 1024;

  #chunks: Uint8Array[] = [];
  /** Position of the first byte that is kept. */
  #start = 0;
  #end = 0;

  /** Bytes printed so far. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#end += bytes.length;
    while (this.#end - this.#start - this.#chunks[0]!.length >= Scrollback.SIZE_BYTES) {
      this.#start += this.#chunks.shift()!.length;
    }
  }

  /** What follows `position`, at most a chunk, and the position after it. What is no longer kept is passed over. */
  read(position: number): { bytes: Uint8Array; end: number } {
    let at = this.#start;
    const from = Math.max(position, at);
    for (const chunk of this.#chunks) {
      if (from < at + chunk.length) {
        const bytes = chunk.subarray(from - at, from - at + Scrollback.CHUNK_BYTES);
        return { bytes, end: from + bytes.length };
      }
      at += chunk.length;
    }
    return { bytes: new Uint8Array(0), end: from };
  }
}
