/**
 * The same scenarios with the real kubectl on the real cluster that KIND_KUBECONFIG names: where they come from.
 * `UPDATE=1` rewrites them.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { replayOnRealCluster } from '../transcripts/real-kubectl.ts';
import { readTranscripts, writeTranscript } from '../transcripts/transcript.ts';

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));
const kubeconfig = process.env['KIND_KUBECONFIG'];

describe('scenarios, the real kubectl on a real cluster', () => {
  for (const recorded of readTranscripts(DIRECTORY))
    test(recorded.name, async () => {
      if (!kubeconfig)
        throw new Error('KIND_KUBECONFIG has to name the kubeconfig of a cluster to record on.');
      const run = await replayOnRealCluster(recorded, kubeconfig);
      if (process.env['UPDATE']) writeTranscript(run, DIRECTORY);
      else expect(run.steps).toEqual(recorded.steps);
    });
});
