/** The opaque token of a list in chunks: at which revision, and behind which key to go on (`storage/continue.go`). */
import { toBase64 } from '../../../core/base64.ts';
import { encode } from '../../../core/bytes.ts';
import { StatusError } from '../../api/status.ts';
import { jsonSyntaxError } from '../http/json-syntax.ts';

export interface ContinueToken {
  /** -1: whatever is there now, since the revision of the first chunk is gone. */
  revision: number;
  /** First key of the next chunk, below the prefix of the list. */
  start: string;
}

const VERSION = 'meta.k8s.io/v1';

/** As the real one: unpadded URL-safe base64 of `{"v":"meta.k8s.io/v1","rv":…,"start":…}`. */
export function encodeContinue({ revision, start }: ContinueToken): string {
  const text = JSON.stringify({ v: VERSION, rv: revision, start: `/${start}` });
  return toBase64(encode(text)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Throws BadRequest for a token that no server gave out. */
export function decodeContinue(token: string): ContinueToken {
  const { v = '', rv, start } = parse(token) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== VERSION) throw invalid(`server does not recognize this encoded version ${String(v)}`);
  if (!Number.isSafeInteger(rv) || rv === 0)
    throw invalid(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '')
    throw invalid(`encoded start key empty (version ${VERSION})`);
  // A key that leads out of the list is somebody's attempt to read another.
  if (start.split('/').some((part) => part === '..' || part === '.') || start.includes('//'))
    throw invalid(start);
  return { revision: rv as number, start: start.replace(/^\//, '') };
}

function parse(token: string): object {
  const at = token.search(/[^A-Za-z0-9_-]/);
  if (at >= 0 || token.length % 4 === 1)
    throw invalid(`illegal base64 data at input byte ${at >= 0 ? at : token.length - 1}`);
  const binary = atob(token.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const error = jsonSyntaxError(bytes);
  if (error) throw invalid(error);
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return typeof value === 'object' && value !== null ? value : {};
}

const invalid = (why: string): StatusError =>
  new StatusError('BadRequest', `invalid continue token: continue key is not valid: ${why}`);
