/**
 * SHA-256, SHA-1 and MD5 of what comes piece by piece: WebCrypto is absent where the site is served without TLS, and
 * has no MD5 at all. Fast enough for files of a lesson; not meant for secrets.
 */
import { SHA256_INITIAL, sha256Block } from '../../core/sha256.ts';

export interface Digest {
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal. */
  finish(): string;
}

const BLOCK_BYTES = 64;

abstract class BlockDigest implements Digest {
  #block = new Uint8Array(BLOCK_BYTES);
  #used = 0;
  #length = 0;

  protected abstract compress(view: DataView): void;
  protected abstract readonly littleEndian: boolean;
  protected abstract words(): readonly number[];

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const take = Math.min(BLOCK_BYTES - this.#used, bytes.length - at);
      this.#block.set(bytes.subarray(at, at + take), this.#used);
      this.#used += take;
      at += take;
      if (this.#used === BLOCK_BYTES) this.#flush();
    }
  }

  #flush(): void {
    this.compress(new DataView(this.#block.buffer));
    this.#used = 0;
  }

  finish(): string {
    const bits = BigInt(this.#length) * 8n;
    this.update(Uint8Array.of(0x80));
    while (this.#used !== BLOCK_BYTES - 8) this.update(Uint8Array.of(0));
    const tail = new DataView(new ArrayBuffer(8));
    tail.setBigUint64(0, bits, this.littleEndian);
    this.update(new Uint8Array(tail.buffer));
    const out = new DataView(new ArrayBuffer(this.words().length * 4));
    this.words().forEach((word, i) => out.setUint32(i * 4, word >>> 0, this.littleEndian));
    return [...new Uint8Array(out.buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

const rotateLeft = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

export class Sha256 extends BlockDigest {
  protected readonly littleEndian = false;
  #state = Uint32Array.from(SHA256_INITIAL);
  #schedule = new Int32Array(64);

  protected words(): readonly number[] {
    return [...this.#state];
  }

  protected compress(view: DataView): void {
    sha256Block(this.#state, this.#schedule, new Uint8Array(view.buffer), 0);
  }
}

export class Sha1 extends BlockDigest {
  protected readonly littleEndian = false;
  #state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  #schedule = new Int32Array(80);

  protected words(): readonly number[] {
    return this.#state;
  }

  protected compress(view: DataView): void {
    const schedule = this.#schedule;
    for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(i * 4);
    for (let i = 16; i < 80; i++)
      schedule[i] = rotateLeft(
        schedule[i - 3]! ^ schedule[i - 8]! ^ schedule[i - 14]! ^ schedule[i - 16]!,
        1,
      );
    let [a, b, c, d, e] = this.#state as [number, number, number, number, number];
    for (let i = 0; i < 80; i++) {
      let f: number;
      let constant: number;
      if (i < 20) [f, constant] = [(b & c) | (~b & d), 0x5a827999];
      else if (i < 40) [f, constant] = [b ^ c ^ d, 0x6ed9eba1];
      else if (i < 60) [f, constant] = [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
      else [f, constant] = [b ^ c ^ d, 0xca62c1d6];
      const sum = (rotateLeft(a, 5) + f + e + constant + schedule[i]!) | 0;
      [a, b, c, d, e] = [sum, a, rotateLeft(b, 30), c, d];
    }
    this.#state = [a, b, c, d, e].map((word, i) => (word + this.#state[i]!) | 0);
  }
}

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) >>> 0);

export class Md5 extends BlockDigest {
  protected readonly littleEndian = true;
  #state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

  protected words(): readonly number[] {
    return this.#state;
  }

  protected compress(view: DataView): void {
    let [a, b, c, d] = this.#state as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      let f: number;
      let g: number;
      if (round === 0) [f, g] = [(b & c) | (~b & d), i];
      else if (round === 1) [f, g] = [(d & b) | (~d & c), (5 * i + 1) % 16];
      else if (round === 2) [f, g] = [b ^ c ^ d, (3 * i + 5) % 16];
      else [f, g] = [c ^ (b | ~d), (7 * i) % 16];
      const sum = (a + f + SINES[i]! + view.getUint32(g * 4, true)) | 0;
      [a, d, c, b] = [d, c, b, (b + rotateLeft(sum, SHIFTS[round * 4 + (i % 4)]!)) | 0];
    }
    this.#state = [a, b, c, d].map((word, i) => (word + this.#state[i]!) | 0);
  }
}
