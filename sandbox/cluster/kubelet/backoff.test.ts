import { expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Backoff } from './backoff.ts';

test('ten seconds, doubling to five minutes, forgotten after ten quiet ones', async () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock);
  expect(backoff.remainingMs('web', clock.now())).toBe(0);
  const waits: number[] = [];
  for (let failure = 0; failure < 7; failure++) {
    const failedMs = clock.now();
    backoff.next('web', failedMs);
    waits.push(backoff.remainingMs('web', failedMs) / 1000);
    await clock.advance(backoff.remainingMs('web', failedMs));
    expect(backoff.remainingMs('web', failedMs)).toBe(0);
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300]);
  expect(backoff.remainingMs('other')).toBe(0);
  await clock.advance(600_001);
  backoff.next('web');
  expect(backoff.delayMs('web')).toBe(10_000);
  backoff.forget('web');
  expect(backoff.remainingMs('web')).toBe(0);
});
