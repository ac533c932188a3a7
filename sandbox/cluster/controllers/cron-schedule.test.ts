import { expect, test } from 'vitest';
import { parseCronSchedule } from './cron-schedule.ts';

const cases: { name: string; schedule: string; zone?: string; after: string; want: string[] }[] = [
  {
    name: 'every five minutes',
    schedule: '*/5 * * * *',
    after: '2026-01-01T00:02:30Z',
    want: ['2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z'],
  },
  {
    name: 'a list and a range with names',
    schedule: '0,30 9-10 * * mon-fri',
    after: '2026-01-02T10:30:00Z',
    want: ['2026-01-05T09:00:00Z', '2026-01-05T09:30:00Z', '2026-01-05T10:00:00Z'],
  },
  {
    name: 'day of month or day of week',
    schedule: '0 0 13 * fri',
    after: '2026-01-01T00:00:00Z',
    want: ['2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z', '2026-01-13T00:00:00Z'],
  },
  {
    name: 'the 29th of February',
    schedule: '0 12 29 feb *',
    after: '2026-01-01T00:00:00Z',
    want: ['2028-02-29T12:00:00Z'],
  },
  { name: '@hourly', schedule: '@hourly', after: '2026-01-01T00:00:00Z', want: ['2026-01-01T01:00:00Z'] },
  {
    name: '@every',
    schedule: '@every 90s',
    after: '2026-01-01T00:00:00Z',
    want: ['2026-01-01T00:01:30Z', '2026-01-01T00:03:00Z'],
  },
  {
    name: 'a time zone, over the change to summer time',
    schedule: '0 8 * * *',
    zone: 'Europe/Berlin',
    after: '2026-03-28T00:00:00Z',
    want: ['2026-03-28T07:00:00Z', '2026-03-29T06:00:00Z'],
  },
];

test.each(cases)('$name', ({ schedule, zone, after, want }) => {
  const cron = parseCronSchedule(schedule, zone);
  let at = Date.parse(after);
  const times = want.map(() => new Date((at = cron.next(at)!)).toISOString().replace('.000Z', 'Z'));
  expect(times).toEqual(want);
});

test('a day that never comes', () => {
  expect(parseCronSchedule('0 0 31 2 *').next(0)).toBeUndefined();
});

test.each([
  { schedule: '* * * *', want: 'expected exactly 5 fields, found 4: [* * * *]' },
  { schedule: '61 * * * *', want: 'end of range (61) above maximum (59): 61 (minute)' },
  { schedule: '5-1 * * * *', want: 'beginning of range (5) beyond end of range (1): 5-1' },
  { schedule: '*/0 * * * *', want: 'step of range should be a positive number: */0' },
  { schedule: '@never', want: 'unrecognized descriptor: @never' },
])('refuses $schedule', ({ schedule, want }) => {
  expect(() => parseCronSchedule(schedule)).toThrow(want);
});
