/**
 * Functions on Knative, on the real clock: how long a request takes that finds no pod, from the gateway to its answer.
 * The images are on the node already. Each sample is another Service, so that none of them is warm.
 */
import { Worker } from 'node:worker_threads';
import { RealClock } from '../../sandbox/core/clock.ts';
import { readBody } from '../../sandbox/core/http.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import { CONFIG_MAPS, PODS } from '../../sandbox/cluster/client/resources.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import { KNATIVE_SERVICES, type KnativeService } from '../../sandbox/cluster/knative/serving/kinds.ts';
import { threadWorker, WorkerBatchTools } from '../../sandbox/shell/batch.ts';
import type { Report } from './measurement.ts';
import { median } from './samples.ts';
import { pause, timed } from './stopwatch.ts';

const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const NAMESPACE = 'default';
const SAMPLES = 12;
const REQUESTS = 2000;
const CLIENTS = 20;
const GOAL_MS = 50;

const HANDLER = 'module.exports = { handle: async (context, event) => ({ ok: true }) };';

/** A container, and what it needs besides. */
interface Kind {
  name: string;
  title: string;
  spec: Omit<KnativeService['spec'] & object, 'traffic'>['template']['spec'];
}

const KINDS: readonly Kind[] = [
  {
    name: 'service',
    title: 'a program of ours',
    spec: {
      containers: [{ name: '', image: 'catalogue:1', ports: [{ containerPort: 4000 }] }],
    },
  },
  {
    name: 'function',
    title: 'a function in JavaScript',
    spec: {
      containers: [
        { name: '', image: 'function:1', volumeMounts: [{ name: 'code', mountPath: '/function' }] },
      ],
      volumes: [{ name: 'code', configMap: { name: 'code' } }],
    },
  },
];

export async function measure(report: Report): Promise<void> {
  const batch = new WorkerBatchTools(() =>
    threadWorker(
      new Worker(new URL('../../sandbox/runtimes/embedded/node/batch-tool-thread.ts', import.meta.url)),
    ),
  );
  const cluster = new Cluster({
    clock: new RealClock(),
    random: new Random(1),
    nodes: 1,
    addons: ['knative'],
    batch,
  });
  await cluster.ready;
  const client = new Client(cluster.api, { user: ADMINISTRATOR });
  await client.create(CONFIG_MAPS, {
    metadata: { namespace: NAMESPACE, name: 'code' },
    data: { 'index.js': HANDLER },
  });
  for (const kind of KINDS) await measureKind(cluster, client, kind, report);
  cluster.dispose();
}

async function measureKind(cluster: Cluster, client: Client, kind: Kind, report: Report): Promise<void> {
  const names = Array.from({ length: SAMPLES }, (_, index) => `${kind.name}-${index}`);
  const annotations = { 'autoscaling.knative.dev/window': '6s' };
  for (const name of names)
    await client.create(KNATIVE_SERVICES, {
      metadata: { namespace: NAMESPACE, name },
      spec: { template: { metadata: { annotations }, spec: structuredClone(kind.spec) } },
    });
  const isReady = async (name: string) => {
    const { status } = await client.get(KNATIVE_SERVICES, { namespace: NAMESPACE, name });
    return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True');
  };
  for (const name of names) while (!(await isReady(name))) await pause(100);
  while ((await client.list(PODS, { namespace: NAMESPACE })).items.length > 0) await pause(100);
  await pause(500);

  const samples: number[] = [];
  let cpu = 0;
  for (const name of names) {
    const { wallMs, cpuMs } = await timed(() => ask(cluster, name));
    samples.push(wallMs);
    cpu += cpuMs;
    // Long enough that the interpreter of the next script is there, as it is where requests come one by one.
    await pause(2000);
  }
  report({
    name: `cold start from zero, ${kind.title}`,
    value: median(samples),
    unit: 'ms',
    goal: GOAL_MS,
    cpuMs: cpu / SAMPLES,
    samples,
  });

  let left = REQUESTS;
  const client20 = async () => {
    while (left-- > 0) await ask(cluster, names.at(-1)!);
  };
  const warm = await timed(() => Promise.all(Array.from({ length: CLIENTS }, client20)));
  report({
    name: `requests to it, warm, ${kind.title}`,
    value: (REQUESTS / warm.wallMs) * 1000,
    unit: '1/s',
    cpuMs: warm.cpuMs,
  });
}

async function ask(cluster: Cluster, service: string): Promise<void> {
  const response = await cluster.network.fetchService(
    { namespace: NAMESPACE, service, port: 80 },
    { method: 'GET', path: '/', headers: {} },
  );
  await readBody(response);
  if (response.status >= 500) throw new Error(`${service} answered ${response.status}`);
}
