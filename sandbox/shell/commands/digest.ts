/**
 * SHA-256 and MD5 in plain TypeScript: WebCrypto is absent where the site is served without TLS, and has no
 * MD5 at all. Fast enough for files of a lesson; not meant for secrets.
 */

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

const rotateRight = (x: number, n: number): number => (x >>> n) | (x << (32 - n));
const rotateLeft = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** The fractional parts of the roots of the first primes, as FIPS 180-4 defines its constants. */
const primes = Array.from({ length: 320 }, (_, n) => n).filter(
  (n) => n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0),
);
const fraction = (x: number): number => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
const ROUND = primes.slice(0, 64).map((prime) => fraction(Math.cbrt(prime)));

export class Sha256 extends BlockDigest {
  protected readonly littleEndian = false;
  #state = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  #schedule = new Uint32Array(64);

  protected words(): readonly number[] {
    return this.#state;
  }

  protected compress(view: DataView): void {
    const w = this.#schedule;
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(i * 4);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [w[i - 15]!, w[i - 2]!];
      const s0 = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
      const s1 = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10);
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
      const s0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    this.#state = [a, b, c, d, e, f, g, h].map((word, i) => (word + this.#state[i]!) | 0);
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
