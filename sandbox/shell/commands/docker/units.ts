/** Sizes and times as Docker's client writes them (`go-units`). */
import { layOut } from '../kubectl/tab-writer.ts';

/** `4.43MB`: three significant digits, decimal units. */
export function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

/** `2 minutes`, `About an hour`. */
export function humanPeriod(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(ms / 3_600_000);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

export const ago = (timeMs: number, nowMs: number): string => `${humanPeriod(nowMs - timeMs)} ago`;

/** The first digits of an ID. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

/** A table as Docker lays it out. */
export const table = (rows: readonly (readonly string[])[]): string =>
  layOut(rows, { minWidth: 10, padding: 3 });
