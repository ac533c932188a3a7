/** Private keys as PEM (PKCS#8), for RSA, EC P-256/P-384 and Ed25519; all by the platform's own cryptography. */
import * as x509 from '../../../core/x509.ts';
import { CommandError } from '../command.ts';

/** The platform's key; what it is made of stays inside. */
export type Key = Parameters<typeof x509.X509CertificateGenerator.create>[0] extends { signingKey: infer K }
  ? K
  : never;

export interface Algorithm {
  name: string;
  hash?: string;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
}

interface Subtle {
  generateKey(algorithm: Algorithm, extractable: boolean, uses: string[]): Promise<{ privateKey: Key }>;
  importKey(
    format: string,
    key: unknown,
    algorithm: Algorithm,
    extractable: boolean,
    uses: string[],
  ): Promise<Key>;
  exportKey(format: 'pkcs8', key: Key): Promise<ArrayBuffer>;
  exportKey(format: 'jwk', key: Key): Promise<Record<string, unknown>>;
}
declare const crypto: { subtle: Subtle };

export interface KeyPair {
  privateKey: Key;
  publicKey: Key;
  algorithm: Algorithm;
}

export const rsa = (bits: number): Algorithm => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: bits,
  publicExponent: Uint8Array.of(1, 0, 1),
});

export const ec = (namedCurve: string): Algorithm => ({
  name: 'ECDSA',
  namedCurve,
  hash: namedCurve === 'P-384' ? 'SHA-384' : 'SHA-256',
});

export const ED25519: Algorithm = { name: 'Ed25519' };

/** A new private key, PEM. */
export async function generateKey(algorithm: Algorithm): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`;
}

/** Object identifiers in DER, as hexadecimal. */
const IDENTIFIERS: [string, Algorithm][] = [
  ['06092a864886f70d010101', rsa(2048)],
  ['06082a8648ce3d030107', ec('P-256')],
  ['06052b81040022', ec('P-384')],
  ['06032b6570', ED25519],
];

/** The pair of a PEM private key; `undefined` when the text is none that can be read. */
export async function readKey(pem: string): Promise<KeyPair> {
  if (/BEGIN (RSA|EC) PRIVATE KEY/.test(pem))
    throw new CommandError('this key is in a format of its own (PKCS#1 or SEC1): only PKCS#8 is read here');
  const block = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(pem)?.[0];
  if (!block) throw new CommandError('Could not read private key');
  const der = new Uint8Array(x509.PemConverter.decodeFirst(block));
  const hex = Array.from(der.subarray(0, 60), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const algorithm = IDENTIFIERS.find(([identifier]) => hex.includes(identifier))?.[1];
  if (!algorithm) throw new CommandError('Could not read private key: an algorithm that is not known here');
  const privateKey = await crypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
  const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, n, e, crv, x, y }, algorithm, true, [
    'verify',
  ]);
  return { privateKey, publicKey, algorithm };
}
