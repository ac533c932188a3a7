/**
 * Random operations from a seed, then quiet: what must hold of any cluster at rest holds. `SEEDS=1000` runs so many
 * (from `FIRST_SEED`, default 1); without it a hundred.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setSliceMs, SLICE_MS } from '../../../sandbox/core/slice.ts';
import { violations } from './invariants.ts';
import { RandomRun } from './operations.ts';
import { snapshotViolations } from './snapshot-invariants.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const SEEDS_PER_TEST = 10;
const OPERATIONS = 25;
const TEST_TIMEOUT_MS = 120_000;

describe('random operations', () => {
  // Whether a loop yields must not depend on how fast the machine is.
  beforeAll(() => setSliceMs(Infinity));
  afterAll(() => setSliceMs(SLICE_MS));

  async function run(seed: number): Promise<{ transcript: string[]; broken: string[] }> {
    const random = new RandomRun(seed);
    try {
      await random.run(OPERATIONS);
      const { cluster, snapshots, transcript } = random;
      const broken = await violations(cluster.admin);
      broken.push(...(await snapshotViolations(cluster.admin, snapshots.nodes)));
      return { transcript, broken };
    } finally {
      random.cluster.dispose();
    }
  }

  for (let first = FIRST_SEED; first < FIRST_SEED + SEEDS; first += SEEDS_PER_TEST) {
    const last = Math.min(first + SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1;
    test(
      `seeds ${first} to ${last} come to rest in order`,
      async () => {
        const wrong: Record<string, string[]> = {};
        for (let seed = first; seed <= last; seed++) {
          const { broken, transcript } = await run(seed);
          if (broken.length > 0) {
            wrong[seed] = broken;
            if (process.env['VERBOSE']) console.log(transcript.join('\n'));
          }
        }
        expect(wrong).toEqual({});
      },
      TEST_TIMEOUT_MS,
    );
  }

  test(
    'the same seed does the same twice',
    async () => {
      for (const seed of [3, 7, 11])
        expect((await run(seed)).transcript).toEqual((await run(seed)).transcript);
    },
    TEST_TIMEOUT_MS,
  );
});
