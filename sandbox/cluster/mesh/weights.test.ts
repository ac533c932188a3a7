/**
 * The share of a canary, over 200 seeds: each run's count lies in its 99 % interval, but for about one in a hundred.
 * Seeds are fixed, so what this finds once it finds always.
 */
import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { byWeight } from '../gateway/attempts.ts';
import type { VirtualService } from './istio-kinds.ts';
import { routesOf } from './virtual-service.ts';
import type { Workload } from './workload.ts';

const SEEDS = 200;
const REQUESTS = 1000;
const SHARE = 0.1;
/** Of the normal distribution: 99 % lie within so many deviations. */
const Z99 = 2.5758;
/** As many misses as 200 fair runs have in 999 of 1,000 cases. */
const MAX_MISSES = 7;

const canary: VirtualService = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    hosts: ['web'],
    http: [
      {
        route: [
          { destination: { host: 'web', subset: 'v1' }, weight: 90 },
          { destination: { host: 'web', subset: 'v2' }, weight: 10 },
        ],
      },
    ],
  },
};

test('90 to 10: the share is in its 99 % interval for 200 seeds, minus the expected one in a hundred', () => {
  const client = { namespace: 'shop', labels: {} } as unknown as Workload;
  const [route] = routesOf(canary, client, 'cluster.local');
  const expected = REQUESTS * SHARE;
  const reach = Z99 * Math.sqrt(REQUESTS * SHARE * (1 - SHARE));
  let misses = 0;
  let all = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Random(seed);
    let count = 0;
    for (let i = 0; i < REQUESTS; i++)
      if (byWeight(route!.destinations, ({ weight }) => weight, random)?.subset === 'v2') count++;
    if (Math.abs(count - expected) > reach) misses++;
    all += count;
  }
  expect(misses).toBeLessThanOrEqual(MAX_MISSES);
  // All seeds together: within the 99 % interval of their sum.
  const deviation = Math.sqrt(SEEDS * REQUESTS * SHARE * (1 - SHARE));
  expect(Math.abs(all - SEEDS * expected)).toBeLessThan(Z99 * deviation);
});
