/** One Deployment of 1,000 pods on ten nodes, images present: to boot, to start, to replace them all, to idle. */
import { RealClock } from '../../sandbox/core/clock.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import type { Deployment } from '../../sandbox/cluster/client/kinds.ts';
import { DEPLOYMENTS, PODS } from '../../sandbox/cluster/client/resources.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import type { Report } from './measurement.ts';
import { BlockWatch, cpuMs, pause, timed } from './stopwatch.ts';

declare const gc: () => void;

const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const WEB = { namespace: 'default', name: 'web' };
const IDLE_MS = 3000;

export async function measure(report: Report): Promise<void> {
  const single = await timed(() => bootOnce(1));
  report({
    name: 'cluster of 1 node ready, in Node, first one',
    value: single.wallMs,
    unit: 'ms',
    cpuMs: single.cpuMs,
  });

  const bench = new DeploymentBench(10);
  const boot = await timed(() => bench.cluster.ready);
  report({ name: 'cluster of 10 nodes ready, in Node', value: boot.wallMs, unit: 'ms', cpuMs: boot.cpuMs });
  const watch = new BlockWatch();
  const { wallMs, cpuMs: cpu } = await timed(() => bench.start(1000));
  const block = watch.take();
  report({ name: '1,000 pods Ready on 10 nodes', value: wallMs, unit: 'ms', goal: 1500, cpuMs: cpu });
  report({ name: 'longest block meanwhile', value: block.wallMs, unit: 'ms', goal: 50, cpuMs: block.cpuMs });
  await bench.settled();
  gc();
  const heapMb = process.memoryUsage().heapUsed / 1e6;
  report({ name: 'heap with 1,000 pods', value: heapMb, unit: 'MB', goal: 150 });

  // The collection above is a block of our own making: it is over by the next turn.
  await pause(10);
  watch.take();
  const replaced = await timed(() => bench.replace());
  const replacing = watch.take();
  watch.stop();
  report({
    name: '1,000 pods replaced',
    value: replaced.wallMs,
    unit: 'ms',
    goal: 4000,
    cpuMs: replaced.cpuMs,
  });
  report({
    name: 'longest block meanwhile, replaced',
    value: replacing.wallMs,
    unit: 'ms',
    goal: 50,
    cpuMs: replacing.cpuMs,
  });

  report({ name: 'idle CPU with 1,000 pods, in Node', value: await cpuPercent(), unit: '%' });
  bench.failOnErrors();
  // Last: what has run a hundred pods before runs a thousand faster.
  bench.cluster.dispose();
  report({ name: 'idle CPU with 100 pods, in Node', value: await idlePercent(3, 100), unit: '%', goal: 1 });
}

/** What a cluster with this many pods costs that nobody uses. */
async function idlePercent(nodes: number, pods: number): Promise<number> {
  const bench = new DeploymentBench(nodes);
  await bench.cluster.ready;
  await bench.start(pods);
  await bench.settled();
  const percent = await cpuPercent();
  bench.cluster.dispose();
  return percent;
}

/** The share of a CPU that is used from a second from now on. */
async function cpuPercent(): Promise<number> {
  await pause(1000);
  const before = cpuMs();
  await pause(IDLE_MS);
  return ((cpuMs() - before) / IDLE_MS) * 100;
}

async function bootOnce(nodes: number): Promise<void> {
  const cluster = new Cluster({ clock: new RealClock(), random: new Random(1), nodes });
  await cluster.ready;
  cluster.dispose();
}

/** A cluster and one Deployment on it. */
export class DeploymentBench {
  readonly cluster: Cluster;
  readonly #client: Client;
  readonly #errors = new Map<string, number>();
  #pods = 0;

  constructor(nodes: number) {
    this.cluster = new Cluster({
      clock: new RealClock(),
      random: new Random(1),
      nodes,
      onError: (component, _key, error) => {
        const text = `${component}: ${(error as Error).message}`;
        this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1);
      },
    });
    this.#client = new Client(this.cluster.api, { user: ADMINISTRATOR });
  }

  /** Resolves when the Deployment's pods are Ready, as somebody who watches pods sees it. */
  async start(pods: number): Promise<void> {
    this.#pods = pods;
    const ready = new Set<string>();
    const done = new Promise<void>((resolve) => {
      const watch = this.#client.watch(
        PODS,
        { namespace: 'default' },
        (events) => {
          for (const { type, object } of events) {
            const isReady = object.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
            if (isReady && type !== 'DELETED') ready.add(object.metadata.name!);
            else ready.delete(object.metadata.name!);
          }
          if (ready.size < pods) return;
          watch.dispose();
          resolve();
        },
        () => {},
      );
    });
    await this.#client.create(DEPLOYMENTS, deployment(pods));
    await done;
  }

  /** Resolves when every pod is one of a changed template and the old ones are gone. */
  async replace(): Promise<void> {
    const template = { metadata: { labels: { version: '2' } } };
    await this.#client.patch(DEPLOYMENTS, WEB, 'application/merge-patch+json', { spec: { template } });
    await this.settled();
  }

  /** Resolves when the Deployment says that all is as its present template has it. */
  async settled(): Promise<void> {
    const settled = ({ metadata, status = {} }: Deployment) => {
      const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
      const counts = [replicas, updatedReplicas, availableReplicas];
      return observedGeneration === metadata.generation && counts.every((count) => count === this.#pods);
    };
    const now = await this.#client.get(DEPLOYMENTS, WEB);
    if (settled(now)) return;
    await new Promise<void>((resolve) => {
      const watch = this.#client.watch(
        DEPLOYMENTS,
        { namespace: 'default', resourceVersion: now.metadata.resourceVersion },
        (events) => {
          if (!events.some(({ object }) => settled(object))) return;
          watch.dispose();
          resolve();
        },
        () => {},
      );
    });
  }

  /** What a component had to try again says that something went wrong: it would also cost time. */
  failOnErrors(): void {
    for (const [text, count] of this.#errors) console.error(`tried again ${count} times: ${text}`);
  }
}

const labels = { app: 'web' };

const deployment = (replicas: number): Deployment => ({
  metadata: { ...WEB },
  spec: {
    replicas,
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
});
