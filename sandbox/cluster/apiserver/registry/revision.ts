/** Resource versions that clients send. */
import { StatusError } from '../../api/status.ts';

export const isRevision = (text: string): boolean => /^[0-9]+$/.test(text);

export const revisionProblem = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;

/** What a read at a revision that was not reached yet is told. */
export function tooLarge(revision: string | number, current: number): StatusError {
  return new StatusError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
