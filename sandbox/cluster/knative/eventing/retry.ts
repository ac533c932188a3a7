/** How often and when a delivery is tried again (pkg/kncloudevents/retries.go). */
import type { Delivery } from './kinds.ts';

/** Milliseconds of an ISO 8601 duration of days and less (`PT0.2S`, `P1DT1H`); undefined: it is none. */
export function isoDurationMs(text: string): number | undefined {
  const match =
    /^P(?=.)(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = match;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
}

/** Milliseconds before the retry after that many failures (the first is 0). */
export function backoffMs({ backoffPolicy, backoffDelay }: Delivery, attempt: number): number {
  if (!backoffPolicy || !backoffDelay) return 0;
  const delayMs = isoDurationMs(backoffDelay) ?? 0;
  return delayMs * (backoffPolicy === 'exponential' ? 2 ** attempt : attempt);
}

/** Whether an answer may be another one next time; undefined: there was none. */
export const isTransient = (status: number | undefined): boolean =>
  status === undefined || status >= 500 || [404, 408, 409, 429].includes(status);
