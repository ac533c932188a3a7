/** Our kubectl where learners have it: typed into a terminal of the embedded cluster's Worker, in Chromium. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBuiltPage, type BuiltPage } from '../browser/built-page.ts';
import { differences } from './compare.ts';
import { prepareNamespace, readTranscripts, replay, type Shell } from './transcript.ts';

/** Warnings are yellow on a terminal, and the recording has none. */
const COLOUR = /\x1b\[[\d;]*m/g;

describe('transcripts, in the Worker', () => {
  let built: BuiltPage;
  beforeAll(async () => {
    built = await openBuiltPage('tests/transcripts/worker-page');
    await built.page.waitForFunction(() => 'workerTerminals' in window);
  });
  afterAll(() => built?.close());

  // Each has a cluster of its own and waits most of the time, so that they can run side by side.
  for (const recorded of readTranscripts())
    test.concurrent(recorded.name, { timeout: 120_000 }, async () => {
      const { page } = built;
      const { name } = recorded;
      await page.evaluate((given) => window.workerTerminals.open(given), name);
      const shell: Shell = {
        write: (path, text) =>
          page.evaluate((args) => window.workerTerminals.write(...args), [name, path, text] as const),
        run: async (argv) => {
          const line = [name, quote(argv)] as const;
          const ran = await page.evaluate((args) => window.workerTerminals.run(...args), line);
          return { ...ran, output: ran.output.replace(COLOUR, '') };
        },
      };
      try {
        await prepareNamespace(shell, name);
        expect(differences(recorded, await replay(recorded, shell), 'in-worker')).toEqual([]);
      } finally {
        await page.evaluate((given) => window.workerTerminals.close(given), name);
      }
    });
});

/** As a shell reads it back: every word in single quotes, and no terminal to read from. */
const quote = (argv: string[]) =>
  `${argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')} </dev/null`;
