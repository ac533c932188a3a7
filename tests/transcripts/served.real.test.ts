/** The real kubectl against the embedded cluster, served over HTTPS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientTool } from '../../sandbox/cluster/serve/client-tools.ts';
import { serveCluster, type ServedCluster } from '../../sandbox/cluster/serve/serve-cluster.ts';
import { differences } from './compare.ts';
import { RealKubectl } from './real-kubectl.ts';
import { prepareNamespace, readTranscripts, replay } from './transcript.ts';

describe('transcripts, the real kubectl on the embedded cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'served-'));
  const path = join(directory, 'kubeconfig');
  let served: ServedCluster;
  beforeAll(async () => {
    served = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
    writeFileSync(path, served.kubeconfig);
  });
  afterAll(async () => {
    await served.close();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const recorded of readTranscripts())
    test(recorded.name, { timeout: 180_000 }, async () => {
      const shell = new RealKubectl(await clientTool('kubectl'), path, recorded.name);
      try {
        await prepareNamespace(shell, recorded.name);
        expect(differences(recorded, await replay(recorded, shell), 'real')).toEqual([]);
      } finally {
        shell.dispose();
      }
    });
});
