import { expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import { withTimeLimit } from './time-limit.ts';

/** Ends with its signal's reason, or never. */
const until = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.aborted ? reject(signal.reason) : signal.addEventListener('abort', () => reject(signal.reason)),
  );

test('work that is done in time', async () => {
  const clock = new ManualClock();
  expect(
    await withTimeLimit(
      clock,
      1000,
      () => new Error('late'),
      undefined,
      async () => 7,
    ),
  ).toBe(7);
  await clock.advance(2000);
});

test('work that is late', async () => {
  const clock = new ManualClock();
  const running = withTimeLimit(clock, 1000, () => new Error('late'), undefined, until);
  const ended = expect(running).rejects.toThrow('late');
  await clock.advance(1000);
  await ended;
});

test.each([['before'], ['meanwhile']])('the asker leaves %s', async (when) => {
  const clock = new ManualClock();
  const asker = new AbortController();
  if (when === 'before') asker.abort(new Error('gone'));
  const running = withTimeLimit(clock, 1000, () => new Error('late'), asker.signal, until);
  const ended = expect(running).rejects.toThrow('gone');
  asker.abort(new Error('gone'));
  await ended;
});
