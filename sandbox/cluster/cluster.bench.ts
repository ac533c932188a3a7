/**
 * `node sandbox/cluster/cluster.bench.ts [pods] [nodes]`: how long a cluster takes to boot, to start the pods
 * of one Deployment and to replace them all, and for how long it keeps the thread meanwhile.
 */
import { RealClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import type { Deployment, Pod } from './client/kinds.ts';
import { DEPLOYMENTS, PODS } from './client/resources.ts';
import { Client } from './client/client.ts';

declare const process: {
  argv: string[];
  exit(code: number): never;
  memoryUsage(): { heapUsed: number };
  cpuUsage(): { user: number; system: number };
};
declare const performance: { now(): number };
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function setImmediate(callback: () => void): unknown;
declare const console: { log(text: string): void };

const [pods = 1000, nodes = 10] = process.argv.slice(2).map(Number);

const { Cluster } = await import('./cluster.ts');

/** The longest time for which nothing else could run since the last measurement began, in milliseconds. */
let longest = 0;
let watching = true;
function watchBlocks(): void {
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(beat);
  };
  beat();
}

async function measure(name: string, work: () => Promise<void>): Promise<void> {
  longest = 0;
  const start = performance.now();
  const cpu = cpuMs();
  await work();
  const ms = performance.now() - start;
  const heapMb = process.memoryUsage().heapUsed / 1e6;
  console.log(
    `${name.padEnd(32)} ${ms.toFixed(0).padStart(6)} ms   CPU ${(cpuMs() - cpu).toFixed(0).padStart(5)} ms   longest block ${longest.toFixed(0).padStart(4)} ms   heap ${heapMb.toFixed(0).padStart(4)} MB`,
  );
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

watchBlocks();
let cluster!: InstanceType<typeof Cluster>;
const errors = new Map<string, number>();
await measure(`boot, ${nodes} nodes`, async () => {
  cluster = new Cluster({
    clock: new RealClock(),
    random: new Random(1),
    nodes,
    onError: (component, _key, error) => {
      const text = `${component}: ${(error as Error).message}`.slice(0, 160);
      errors.set(text, (errors.get(text) ?? 0) + 1);
    },
  });
  await cluster.ready;
});

const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const client = new Client(cluster.api, { user });
const WEB = { namespace: 'default', name: 'web' };

const labels = { app: 'web' };
const deployment: Deployment = {
  metadata: { ...WEB },
  spec: {
    replicas: pods,
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
        containers: [{ name: 'main', image: 'busybox:1', command: ['sleep', '36000'] }],
      },
    },
  },
};

async function untilDone(): Promise<void> {
  for (;;) {
    const { metadata, status = {} } = await client.get(DEPLOYMENTS, WEB);
    const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
    const counts = [replicas, updatedReplicas, availableReplicas];
    if (observedGeneration === metadata.generation && counts.every((count) => count === pods)) return;
    await pause(5);
  }
}

await measure(`${pods} pods ready`, async () => {
  await client.create(DEPLOYMENTS, deployment);
  await untilDone();
});
await measure(`${pods} pods replaced`, async () => {
  await client.patch(DEPLOYMENTS, WEB, 'application/merge-patch+json', {
    spec: { template: { metadata: { labels: { version: '2' } } } },
  });
  await untilDone();
});
const { items } = await client.list<Pod>(PODS);
watching = false;
await pause(1000);
const before = cpuMs();
await pause(2000);
console.log(`idle with ${items.length} pods: ${((cpuMs() - before) / 20).toFixed(1)} % of a core`);
for (const [text, count] of errors) console.log(`tried again ${count} times: ${text}`);
process.exit(0);
