/**
 * The real kubectl against a real cluster: where transcripts and scenarios come from. `UPDATE=1` rewrites them. The
 * cluster is one of its own, or the one that KIND_KUBECONFIG names.
 *
 * Recordings change when Kubernetes does, not when our code does, and all of them take a quarter of an hour: without
 * SLIPWAY_MATRIX=full a part of them is compared again, which shows that the comparison itself holds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences } from './compare.ts';
import { replayOnRealCluster } from './real-kubectl.ts';
import { readTranscripts, writeTranscript } from './transcript.ts';

const CLUSTER = 'transcripts';
const given = process.env['KIND_KUBECONFIG'];
const full = process.env['SLIPWAY_MATRIX'] === 'full' || process.env['UPDATE'] !== undefined;

const RECORDINGS = [
  {
    what: 'transcripts',
    directory: fileURLToPath(new URL('.', import.meta.url)),
    always: ['apply', 'change', 'create', 'get', 'nodes', 'trouble', 'workload'],
  },
  {
    what: 'scenarios',
    directory: fileURLToPath(new URL('../scenarios/', import.meta.url)),
    always: ['owners'],
  },
];

describe('the real kubectl on a kind cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kind-'));
  const kubeconfig = given ?? join(folder, 'kubeconfig');
  beforeAll(() => {
    if (given) return;
    const image = process.env['SLIPWAY_KIND_IMAGE'];
    const config = process.env['SLIPWAY_KIND_CONFIG'];
    const options = [...(image ? ['--image', image] : []), ...(config ? ['--config', config] : [])];
    const create = ['create', 'cluster', '--name', CLUSTER, '--kubeconfig', kubeconfig, '--wait', '2m'];
    execFileSync('kind', [...create, ...options]);
  });
  afterAll(() => {
    if (!given) execFileSync('kind', ['delete', 'cluster', '--name', CLUSTER, '--kubeconfig', kubeconfig]);
    rmSync(folder, { recursive: true, force: true });
  });
  describe.each(RECORDINGS)('$what', ({ directory, always }) => {
    for (const recorded of readTranscripts(directory).filter(({ name }) => full || always.includes(name)))
      test(recorded.name, async () => {
        const run = await replayOnRealCluster(recorded, kubeconfig);
        if (process.env['UPDATE']) writeTranscript(run, directory);
        else expect(differences(recorded, run)).toEqual([]);
      });
  });
});
