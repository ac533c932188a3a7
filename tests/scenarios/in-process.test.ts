/** Scenarios of controllers and scheduler, recorded on a real cluster, in process. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { differences } from '../transcripts/compare.ts';
import { replayInProcess } from '../transcripts/in-process.ts';
import { readTranscripts } from '../transcripts/transcript.ts';

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));

describe('scenarios, in process', () => {
  for (const recorded of readTranscripts(DIRECTORY))
    test(recorded.name, { timeout: 60_000 }, async () => {
      expect(differences(recorded, await replayInProcess(recorded), 'in-process')).toEqual([]);
    });
});
