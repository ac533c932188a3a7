/**
 * SHA-256 (FIPS 180-4), synchronous: digests are computed where the platform's own, asynchronous one is absent (a
 * page over plain HTTP has no `crypto.subtle`) and where nobody can wait.
 */
const K = new Int32Array(64);
/** The state before the first block. */
export const SHA256_INITIAL = new Uint32Array(8);

// The constants are the first 32 bits of the fractions of roots of primes.
for (let prime = 2, count = 0; count < 64; prime++) {
  let composite = false;
  for (let divisor = 2; divisor * divisor <= prime; divisor++) if (prime % divisor === 0) composite = true;
  if (composite) continue;
  if (count < 8) SHA256_INITIAL[count] = fraction(Math.sqrt(prime));
  K[count++] = fraction(Math.cbrt(prime));
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32);
}

/** The digest as 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  const state = Uint32Array.from(SHA256_INITIAL);
  const words = new Int32Array(64);
  const tail = new Uint8Array(bytes.length % 64 < 56 ? 64 : 128);
  const whole = bytes.length - (bytes.length % 64);
  tail.set(bytes.subarray(whole));
  tail[bytes.length - whole] = 0x80;
  const lengthBits = new DataView(tail.buffer, tail.length - 8);
  lengthBits.setUint32(0, Math.floor(bytes.length / 2 ** 29));
  lengthBits.setUint32(4, (bytes.length << 3) >>> 0);

  for (let at = 0; at < whole; at += 64) sha256Block(state, words, bytes, at);
  for (let at = 0; at < tail.length; at += 64) sha256Block(state, words, tail, at);
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

/**
 * Takes the 64 bytes of `block` from `at` into `state`. `words` is room to work in, of 64 numbers.
 * Rotations are written out: a cluster that boots hashes its images before anything is compiled, and calls are
 * what costs then.
 */
export function sha256Block(state: Uint32Array, words: Int32Array, block: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4)
    words[i] = (block[from]! << 24) | (block[from + 1]! << 16) | (block[from + 2]! << 8) | block[from + 3]!;
  for (let i = 16; i < 64; i++) {
    const w15 = words[i - 15]!;
    const w2 = words[i - 2]!;
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
    words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0;
  }
  let a = state[0]! | 0;
  let b = state[1]! | 0;
  let c = state[2]! | 0;
  let d = state[3]! | 0;
  let e = state[4]! | 0;
  let f = state[5]! | 0;
  let g = state[6]! | 0;
  let h = state[7]! | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + words[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + ((b & c) ^ (b & d) ^ (c & d))) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}
