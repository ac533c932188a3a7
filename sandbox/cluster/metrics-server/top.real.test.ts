/** The real `kubectl top` against `npm run cluster`'s server. Metrics come with the second scrape: half a minute. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientTool } from '../serve/client-tools.ts';
import { serveCluster, type ServedCluster } from '../serve/serve-cluster.ts';

let cluster: ServedCluster;
let directory: string;
let tool: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-top-'));
  tool = await clientTool('kubectl');
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

const kubectl = (...args: string[]): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig') };
    execFile(tool, args, { cwd: directory, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });

test('nodes and pods, once they have been scraped twice', { timeout: 60_000 }, async () => {
  await kubectl('run', 'busy', '--image=busybox:1', '--', 'sh', '-c', 'while true; do :; done');
  expect(await kubectl('top', 'pods')).toBe('error: metrics not available yet\n');
  const deadline = Date.now() + 50_000;
  const measured = async (what: string): Promise<string> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const output = await kubectl('top', what);
      if (!output.startsWith('error') || Date.now() > deadline) return output;
    }
  };
  // A node is measured over two scrapes, a pod that is new since its start: either can be first.
  expect(await measured('pods')).toMatch(/^NAME +CPU[^\n]*\nbusy +\d{1,4}m +\d+Mi +\n$/);
  expect(await measured('nodes')).toMatch(
    /^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) +\nslipway-control-plane +\d+m +\d+% +\d+Mi +\d+% +\n$/,
  );
  expect(await kubectl('top', 'pods', '--containers', '--sum')).toMatch(/^POD +NAME [^]*________ +________/);
  expect(await kubectl('get', 'pods.metrics.k8s.io')).toMatch(/^NAME +CPU +MEMORY +WINDOW\nbusy +\d+n/);
  expect(await kubectl('top', 'pod', 'none')).toContain('podmetrics.metrics.k8s.io "default/none" not found');
});
