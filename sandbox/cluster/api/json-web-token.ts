/**
 * Tokens in the shape of JSON Web Tokens: a header, claims that anybody can read, and random bytes where a
 * signature would be. Whether a token holds is said by who remembers it, not by its bytes.
 */
import type { Random } from '../../core/random.ts';

const SIGNATURE_BYTES = 16;

const base64Url = (text: string): string =>
  btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

const HEADER = base64Url(JSON.stringify({ alg: 'RS256', kid: 'slipway' }));

export function webToken(claims: object, random: Random): string {
  const signature = Array.from({ length: SIGNATURE_BYTES }, () => String.fromCharCode(random.int(256)));
  return `${HEADER}.${base64Url(JSON.stringify(claims))}.${base64Url(signature.join(''))}`;
}

/** What a token says of itself; undefined for what is no token. */
export function claimsOf(token: string): Record<string, any> | undefined {
  const [, payload] = token.split('.');
  if (!payload) return undefined;
  try {
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
  } catch {
    return undefined;
  }
}
