/** Queries and what Prometheus answers, in the language of its own test scripts; and what we know to lack. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PromQLParseError } from '../parse-error.ts';
import { instantQuery } from '../query.ts';
import { SeriesStore } from '../series-store.ts';
import { runScript } from './script.ts';

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

test.each(scripts)('%s', async (name) => {
  const results = await runScript(readFileSync(new URL(name, import.meta.url), 'utf8'));
  expect(results.length).toBeGreaterThan(10);
  expect(results.filter(({ problem }) => problem)).toEqual([]);
});

/** In Prometheus' language, and not in ours: each is refused. */
const GAPS = [
  ['histogram_count(x)', 'only native histograms have it'],
  [
    'sort_by_label(x, "a")',
    'Prometheus refuses it too, without --enable-feature=promql-experimental-functions',
  ],
  ['mad_over_time(x[5m])', 'the same'],
  ['limitk(1, x)', 'the same'],
  ['info(x)', 'the same'],
  ['x[5m * 2]', 'Prometheus refuses it too, without --enable-feature=promql-duration-expr'],
  ['2.', "the grammar of Prometheus' web editor has no number that ends in a point"],
] as const;

test.each(GAPS)('a known gap: %s (%s)', async (query) => {
  await expect(instantQuery(new SeriesStore(), query, 0)).rejects.toThrow(PromQLParseError);
});
