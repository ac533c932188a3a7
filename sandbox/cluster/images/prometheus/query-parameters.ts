/** Parameters of Prometheus' API: times as seconds or RFC 3339, durations as seconds or `5m`. */
import { durationMs } from '../../../promql/duration.ts';
import { parseNumber } from '../../../promql/number-text.ts';

/** A request that the API refuses; the message is Prometheus'. */
export class BadRequest extends Error {}

/** Epoch ms; `fallbackMs` when the parameter is not there. */
export function timeParameter(parameters: URLSearchParams, name: string, fallbackMs?: number): number {
  const text = parameters.get(name) ?? '';
  if (text === '' && fallbackMs !== undefined) return fallbackMs;
  const seconds = parseNumber(text);
  const ms = seconds === undefined ? Date.parse(text) : Math.round(seconds * 1000);
  const isTime = seconds !== undefined || /^\d{4}-\d\d-\d\dT/.test(text);
  if (!isTime || !Number.isFinite(ms))
    throw new BadRequest(
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    );
  return ms;
}

/** Milliseconds. */
export function durationParameter(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  const seconds = parseNumber(text);
  const ms = seconds === undefined ? durationMs(text) : seconds * 1000;
  if (ms === undefined || !Number.isFinite(ms))
    throw new BadRequest(
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid duration`,
    );
  return ms;
}
