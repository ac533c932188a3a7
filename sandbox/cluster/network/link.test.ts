import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { dataMs, handshakeMs, Link } from './link.ts';

const link = (shape: Partial<Link>) => Object.assign(new Link(), shape);

test('a clear link takes no time; a slow one its delay each way', () => {
  expect(new Link().isClear).toBe(true);
  expect(handshakeMs(new Link(), new Link(), new Random(1))).toBe(0);
  expect(handshakeMs(link({ delayMs: 100 }), link({ delayMs: 30 }), new Random(1))).toBe(130);
  const jitter = dataMs(link({ delayMs: 100, jitterMs: 20 }), new Random(1))!;
  expect(jitter).toBeGreaterThanOrEqual(80);
  expect(jitter).toBeLessThanOrEqual(120);
});

test('what is lost is sent again, later and later; with everything lost the connection is given up', () => {
  const random = new Random(3);
  const times = Array.from({ length: 2000 }, () =>
    handshakeMs(link({ lossPercent: 20 }), new Link(), random)!,
  );
  const share = (ms: number) => times.filter((time) => time === ms).length / times.length;
  expect(share(0)).toBeCloseTo(0.8, 1);
  expect(share(1000)).toBeCloseTo(0.16, 1);
  expect(share(3000)).toBeCloseTo(0.03, 1);
  expect(handshakeMs(link({ lossPercent: 100 }), new Link(), random)).toBeUndefined();
});

test('the same seed, the same losses', () => {
  const run = () => {
    const random = new Random(5);
    return Array.from({ length: 50 }, () => dataMs(link({ lossPercent: 30, delayMs: 5 }), random));
  };
  expect(run()).toEqual(run());
});
