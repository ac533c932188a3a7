/** The opaque token of a list in chunks: at which revision, and at which key to go on. */
import { StatusError } from '../../api/status.ts';

export interface ContinueToken {
  revision: number;
  /** First key of the next chunk. */
  start: string;
}

/** As the real one: unpadded URL-safe base64 of `{"v":"meta.k8s.io/v1","rv":…,"start":…}`. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start });
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function decodeContinue(token: string): ContinueToken {
  try {
    const { v, rv, start } = JSON.parse(atob(token.replace(/-/g, '+').replace(/_/g, '/')));
    if (v === 'meta.k8s.io/v1' && Number.isSafeInteger(rv) && typeof start === 'string')
      return { revision: rv, start };
  } catch {
    // Whatever is wrong with it, the client is told the same.
  }
  throw new StatusError(
    'BadRequest',
    'invalid continue token: continue key is not valid: it is not one that this server gave out',
  );
}
