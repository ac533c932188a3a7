/** Our kubectl against the embedded cluster, in process. */
import { describe, expect, test } from 'vitest';
import { differences } from './compare.ts';
import { replayInProcess } from './in-process.ts';
import { readTranscripts } from './transcript.ts';

describe('transcripts, in process', () => {
  for (const recorded of readTranscripts())
    test(recorded.name, { timeout: 60_000 }, async () => {
      expect(differences(recorded, await replayInProcess(recorded), 'in-process')).toEqual([]);
    });
});
