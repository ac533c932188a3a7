/**
 * The real kubectl against a real cluster: where transcripts come from. `UPDATE=1` rewrites them. The cluster is
 * one of its own, or the one that KIND_KUBECONFIG names.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replayOnRealCluster } from './real-kubectl.ts';
import { readTranscripts, writeTranscript } from './transcript.ts';

const CLUSTER = 'transcripts';
const given = process.env['KIND_KUBECONFIG'];

describe('transcripts, the real kubectl on a kind cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kind-'));
  const path = given ?? join(directory, 'kubeconfig');
  beforeAll(() => {
    if (given) return;
    const image = process.env['SLIPWAY_KIND_IMAGE'];
    const config = process.env['SLIPWAY_KIND_CONFIG'];
    const options = [...(image ? ['--image', image] : []), ...(config ? ['--config', config] : [])];
    execFileSync('kind', [
      'create',
      'cluster',
      '--name',
      CLUSTER,
      '--kubeconfig',
      path,
      '--wait',
      '2m',
      ...options,
    ]);
  });
  afterAll(() => {
    if (!given) execFileSync('kind', ['delete', 'cluster', '--name', CLUSTER, '--kubeconfig', path]);
    rmSync(directory, { recursive: true, force: true });
  });
  for (const recorded of readTranscripts())
    test(recorded.name, async () => {
      const run = await replayOnRealCluster(recorded, path);
      if (process.env['UPDATE']) writeTranscript(run);
      else expect(run.steps).toEqual(recorded.steps);
    });
});
