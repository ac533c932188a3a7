/**
 * ECDSA over P-256 with SHA-256, in the shape that @peculiar/x509 asks of the platform's Web Crypto. It is
 * JavaScript (@noble/curves) on purpose: a page over plain HTTP has no `crypto.subtle`, keys come from the cluster's
 * seed, and nothing waits for another thread, so that runs repeat.
 */
import { p256 } from '@noble/curves/nist.js';
import { concat } from '../../core/bytes.ts';
import type { Random } from '../../core/random.ts';

/** Names as Web Crypto has them. */
export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const SEED_BYTES = 48;
/** DER in front of the point of a SubjectPublicKeyInfo, of the number of a PKCS#8 key, and of its point. */
const PUBLIC_HEAD = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200');
const PRIVATE_HEAD = fromHex('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420');
const PRIVATE_MIDDLE = fromHex('a144034200');
const SECRET_BYTES = 32;

/** A key pair; both parts as they are written. */
export class Key {
  readonly secret: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm = ALGORITHM;

  constructor(secret: Uint8Array) {
    this.secret = secret;
    this.publicKey = concat([PUBLIC_HEAD, p256.getPublicKey(secret, false)]);
  }

  static generate(random: Random): Key {
    const seed = Uint8Array.from({ length: SEED_BYTES }, () => random.int(256));
    return new Key(p256.utils.randomSecretKey(seed));
  }

  /** From PKCS#8, DER, as `toPkcs8` writes it. */
  static fromPkcs8(der: Uint8Array): Key {
    return new Key(der.slice(PRIVATE_HEAD.length, PRIVATE_HEAD.length + SECRET_BYTES));
  }

  toPkcs8(): Uint8Array {
    const point = this.publicKey.subarray(PUBLIC_HEAD.length);
    return concat([PRIVATE_HEAD, this.secret, PRIVATE_MIDDLE, point]);
  }

  sign(message: Uint8Array): Uint8Array {
    return p256.sign(message, this.secret);
  }
}

/** Whether `signature` (r and s, 32 bytes each) is one of `message` by the key of a SubjectPublicKeyInfo. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, publicKey.subarray(PUBLIC_HEAD.length), { lowS: false });
  } catch {
    return false;
  }
}

interface PublicKey {
  algorithm: typeof ALGORITHM;
  publicKey: Uint8Array;
}

const bytes = (data: ArrayBuffer | Uint8Array): Uint8Array =>
  data instanceof Uint8Array ? data : new Uint8Array(data);

/** What certificates are signed and checked with. */
export const CRYPTO = {
  subtle: {
    sign: (_algorithm: object, key: Key, data: ArrayBuffer) =>
      Promise.resolve(exactBuffer(key.sign(bytes(data)))),
    verify: (_algorithm: object, key: PublicKey, signature: ArrayBuffer, data: ArrayBuffer) =>
      Promise.resolve(verifySignature(key.publicKey, bytes(data), bytes(signature))),
    importKey: (_format: 'spki', data: ArrayBuffer): Promise<PublicKey> =>
      Promise.resolve({ algorithm: ALGORITHM, publicKey: bytes(data) }),
  },
};

const exactBuffer = (data: Uint8Array): ArrayBuffer => data.slice().buffer as ArrayBuffer;

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
