/**
 * The peer: @ngrok/webernetes does the same work, 1,000 replicas of a Deployment on ten nodes, images present.
 * Its package is written for bundlers, so it is bundled first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import type { Report } from './measurement.ts';
import { cpuMs } from './stopwatch.ts';

const PODS = 1000;

export async function measure(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  try {
    await build({
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      build: {
        ssr: fileURLToPath(new URL('./webernetes-cluster.ts', import.meta.url)),
        outDir: folder,
        emptyOutDir: false,
      },
      ssr: { noExternal: true },
    });
    const bundle = pathToFileURL(join(folder, 'webernetes-cluster.js')).href;
    const peer: typeof import('./webernetes-cluster.ts') = await import(bundle);
    const before = cpuMs();
    const value = await peer.secondsUntilReady(PODS);
    const cpu = cpuMs() - before;
    report({ name: '1,000 pods Ready on 10 nodes, @ngrok/webernetes', value, unit: 's', cpuMs: cpu });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
