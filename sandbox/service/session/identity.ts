/** New sessions: names that nobody can guess and tokens that nobody can forge. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ExerciseStart } from '../../runtimes/runtime.ts';
import type { SessionIdentity } from '../engine/labels.ts';

const TOKEN_BYTES = 32;
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 10;

interface Wanted {
  instance: string;
  client: string;
  start: ExerciseStart;
  nowMs: number;
  sessionMinutes: number;
}

/** The token is for the client alone; what is kept is its hash. */
export function newIdentity({ instance, client, start, nowMs, sessionMinutes }: Wanted): {
  identity: SessionIdentity;
  token: string;
} {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const id = Array.from(randomBytes(ID_LENGTH), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
  const identity = {
    id,
    instance,
    client,
    start,
    tokenHash: hashOf(token),
    expiresAtMs: nowMs + sessionMinutes * 60_000,
  };
  return { identity, token };
}

/** Compares in constant time. */
export function isToken(token: string | undefined, tokenHash: string): boolean {
  if (token === undefined) return false;
  const given = Buffer.from(hashOf(token), 'hex');
  const wanted = Buffer.from(tokenHash, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
