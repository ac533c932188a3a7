/**
 * The peer: @ngrok/webernetes does the same work. `node tests/bench/webernetes.ts PODS` prints the seconds
 * until a Deployment of PODS replicas is Ready on ten nodes, images present, as JSON.
 */
import { BaseImage, Cluster, type ProcessContext } from '@ngrok/webernetes';

class Server extends BaseImage {
  static readonly imageName = 'server';
  static readonly imageVersion = '1';
  readonly defaultCommand = ['server'];

  override async exec(context: ProcessContext): Promise<number> {
    return context.waitUntilKilled();
  }
}

const pods = Number(process.argv[2] ?? 1000);
const cluster = new Cluster({ nodes: 10 });
cluster.registerImage(Server);
await cluster.init();

const labels = { app: 'web' };
const ready = new Set<string>();
const started = performance.now();
const done = new Promise<void>((resolve) => {
  cluster.informer('pods', (type, pod) => {
    const isReady = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    if (type !== 'delete' && isReady) ready.add(pod.metadata!.name!);
    if (ready.size >= pods) resolve();
  });
});
await cluster.apply([
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'server:1' }] } },
    },
  },
] as Parameters<typeof cluster.apply>[0]);
await done;
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
process.exit(0);
