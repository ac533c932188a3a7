import { expect, test } from 'vitest';
import { ManualClock } from '../core/clock.ts';
import { Emitter } from '../core/emitter.ts';
import { macrotask } from '../core/slice.ts';
import type { SessionStatus } from './runtime.ts';
import { sessionClock } from './session-clock.ts';

function follow(status: SessionStatus) {
  const statuses = new Emitter<SessionStatus>();
  const world = new ManualClock(0);
  const { clock } = sessionClock({ status, onStatus: statuses.event }, world);
  return { statuses, world, clock };
}

test('a session without its own time lives in the world’s', async () => {
  const { world, clock } = follow({ phase: 'ready', message: '' });
  await world.advance(1000);
  expect(clock.now()).toBe(1000);
});

test('it stands, hurries and jumps with the session', async () => {
  const { statuses, world, clock } = follow({ phase: 'ready', message: '', time: { nowMs: 5000, rate: 1 } });
  const due: number[] = [];
  clock.setTimeout(() => due.push(clock.now()), 20_000);
  statuses.fire({ phase: 'ready', message: '', time: { nowMs: 5000, rate: 0 } });
  await world.advance(60_000);
  expect([clock.now(), due]).toEqual([5000, []]);
  statuses.fire({ phase: 'ready', message: '', time: { nowMs: 15_000, rate: 10 } });
  await macrotask();
  expect(clock.now()).toBe(15_000);
  await world.advance(1000);
  expect(due).toEqual([25_000]);
});
