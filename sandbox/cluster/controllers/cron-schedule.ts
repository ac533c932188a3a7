/**
 * Cron schedules as CronJobs take them (`robfig/cron`, standard parser): five fields with lists, ranges,
 * steps and names, the descriptors `@hourly` to `@yearly`, and `@every 90s`.
 */
import { timestamp } from '../../core/clock.ts';
import { parseDuration } from '../api/duration.ts';

const MINUTE_MS = 60_000;
/** A schedule that does not come round within five years never does. */
const HORIZON_MS = 5 * 366 * 24 * 3_600_000;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: { name: string; min: number; max: number; words: string[] }[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: ['', ...MONTHS] },
  { name: 'day of week', min: 0, max: 6, words: DAYS },
];

const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

export interface CronSchedule {
  /** The first time after `epochMs` (epoch ms), or undefined when there is none. */
  next(epochMs: number): number | undefined;
}

/**
 * Parses a schedule that is read in `timeZone` (IANA name; default UTC). Throws an Error that says what is
 * wrong.
 */
export function parseCronSchedule(text: string, timeZone = 'Etc/UTC'): CronSchedule {
  const every = /^@every\s+(.+)$/.exec(text);
  if (every) {
    const periodMs = Math.max(1000, Math.floor(parseDuration(every[1]!) / 1000) * 1000);
    return { next: (epochMs) => Math.floor(epochMs / 1000) * 1000 + periodMs };
  }
  const expression = text.startsWith('@') ? DESCRIPTORS[text] : text.trim();
  if (expression === undefined) throw new Error(`unrecognized descriptor: ${text}`);
  const parts = expression.split(/\s+/);
  if (parts.length !== FIELDS.length) {
    throw new Error(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  }
  const sets = parts.map((part, i) => parseField(part, FIELDS[i]!));
  const [minutes, hours, days, months, weekdays] = sets as [Field, Field, Field, Field, Field];
  const localTime = localTimeIn(timeZone);
  const isDay = ({ day, weekday }: LocalTime) => {
    // Cron's old rule: where both are restricted, either will do.
    if (days.any || weekdays.any) return days.has(day) && weekdays.has(weekday);
    return days.has(day) || weekdays.has(weekday);
  };
  return {
    next(epochMs) {
      const end = epochMs + HORIZON_MS;
      for (let at = (Math.floor(epochMs / MINUTE_MS) + 1) * MINUTE_MS; at < end;) {
        const local = localTime(at);
        const { hour, minute } = local;
        if (!months.has(local.month) || !isDay(local)) at += (24 * 60 - hour * 60 - minute) * MINUTE_MS;
        else if (!hours.has(hour)) at += (60 - minute) * MINUTE_MS;
        else if (!minutes.has(minute)) at += MINUTE_MS;
        else return at;
      }
      return undefined;
    },
  };
}

/** RFC 3339 as the time is read in `timeZone`: `2026-01-01T05:35:00+05:30`; without a zone in UTC, with a `Z`. */
export function timestampIn(timeZone: string | undefined, epochMs: number): string {
  if (timeZone === undefined) return timestamp(epochMs);
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')!.value;
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name) ?? [];
  if (!sign) return timestamp(epochMs);
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === '+' ? 1 : -1);
  return timestamp(epochMs + offsetMs).replace('Z', `${sign}${hours}:${minutes}`);
}

class Field {
  /** `*`: says nothing. */
  readonly any: boolean;
  readonly #values: ReadonlySet<number>;

  constructor(any: boolean, values: ReadonlySet<number>) {
    this.any = any;
    this.#values = values;
  }

  has(value: number): boolean {
    return this.#values.has(value);
  }
}

function parseField(text: string, field: (typeof FIELDS)[number]): Field {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step, ...rest] = part.split('/');
    if (rest.length > 0) throw new Error(`too many slashes: ${part}`);
    let [from, to] = [field.min, field.max];
    if (range !== '*' && range !== '?') {
      const ends = range.split('-');
      if (ends.length > 2) throw new Error(`too many hyphens: ${part}`);
      from = parseValue(ends[0]!, field);
      if (ends.length === 2) to = parseValue(ends[1]!, field);
      else if (step === undefined) to = from;
    }
    if (from > to) throw new Error(`beginning of range (${from}) beyond end of range (${to}): ${part}`);
    const by = step === undefined ? 1 : Number(step);
    if (!Number.isInteger(by) || by <= 0)
      throw new Error(`step of range should be a positive number: ${part}`);
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return new Field(text === '*' || text === '?', values);
}

function parseValue(text: string, { name, min, max, words }: (typeof FIELDS)[number]): number {
  const word = words.indexOf(text.toLowerCase());
  if (word >= 0 && text !== '') return word;
  if (!/^[0-9]+$/.test(text)) throw new Error(`failed to parse int from ${text}`);
  const value = Number(text);
  if (value < min) throw new Error(`beginning of range (${value}) below minimum (${min}): ${text} (${name})`);
  if (value > max) throw new Error(`end of range (${value}) above maximum (${max}): ${text} (${name})`);
  return value;
}

interface LocalTime {
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

/** Throws where the time zone is unknown. */
function localTimeIn(timeZone: string): (epochMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (epochMs) => {
    const parts = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    return {
      month: Number(parts.get('month')),
      day: Number(parts.get('day')),
      weekday: DAYS.indexOf(parts.get('weekday')!.toLowerCase()),
      hour: Number(parts.get('hour')),
      minute: Number(parts.get('minute')),
    };
  };
}
