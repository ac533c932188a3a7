import { expect, test } from 'vitest';
import { AdjustableClock } from './adjustable-clock.ts';
import { ManualClock } from './clock.ts';

const START_MS = 1_000_000;

function clocks() {
  const base = new ManualClock(0);
  const clock = new AdjustableClock(base, START_MS);
  const fired: [string, number][] = [];
  const later = (name: string, delayMs: number) =>
    clock.setTimeout(() => fired.push([name, clock.now() - START_MS]), delayMs);
  return { base, clock, fired, later };
}

test('at rate 1 it is its base from another start', async () => {
  const { base, clock, fired, later } = clocks();
  later('b', 200);
  later('a', 100);
  await base.advance(150);
  expect(clock.now()).toBe(START_MS + 150);
  await base.advance(150);
  expect(fired).toEqual([
    ['a', 100],
    ['b', 200],
  ]);
});

test('while it stands nothing is due, and what waited keeps its distance', async () => {
  const { base, clock, fired, later } = clocks();
  later('a', 100);
  await base.advance(40);
  clock.setRate(0);
  await base.advance(10_000);
  expect([clock.now(), fired]).toEqual([START_MS + 40, []]);
  clock.setRate(1);
  await base.advance(59);
  expect(fired).toEqual([]);
  await base.advance(1);
  expect(fired).toEqual([['a', 100]]);
});

test('at rate 10 a second is a tenth of one', async () => {
  const { base, clock, fired, later } = clocks();
  clock.setRate(10);
  later('a', 1000);
  await base.advance(100);
  expect(fired).toEqual([['a', 1000]]);
  expect(clock.now()).toBe(START_MS + 1000);
});

test('a change of rate reaches timers that wait', async () => {
  const { base, clock, fired, later } = clocks();
  later('a', 1000);
  await base.advance(500);
  clock.setRate(100);
  await base.advance(5);
  expect(fired).toEqual([['a', 1000]]);
});

test('advance runs each timer at its own time, those they set too, and not one after the end', async () => {
  const { clock, fired, later } = clocks();
  clock.setRate(0);
  later('a', 100);
  clock.setTimeout(() => later('from b', 50), 200);
  later('late', 1001);
  await clock.advance(1000);
  expect(fired).toEqual([
    ['a', 100],
    ['from b', 250],
  ]);
  expect([clock.now(), clock.rate]).toEqual([START_MS + 1000, 0]);
});

test('a cancelled timer does not run', async () => {
  const { base, clock, fired, later } = clocks();
  later('a', 100).dispose();
  await base.advance(200);
  clock.setRate(0);
  later('b', 100).dispose();
  await clock.advance(200);
  expect(fired).toEqual([]);
});

test('two advances add up, in order', async () => {
  const { clock, fired, later } = clocks();
  clock.setRate(0);
  later('a', 150);
  await Promise.all([clock.advance(100), clock.advance(100)]);
  expect([fired, clock.now()]).toEqual([[['a', 150]], START_MS + 200]);
});

test('no rate that is none', () => {
  const { clock } = clocks();
  expect(() => clock.setRate(-1)).toThrow(RangeError);
  expect(() => clock.setRate(NaN)).toThrow(RangeError);
});
