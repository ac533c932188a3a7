/** A Deployment on a cluster of @ngrok/webernetes. */
import { BaseImage, Cluster, type ProcessContext } from '@ngrok/webernetes';

class Server extends BaseImage {
  static readonly imageName = 'server';
  static readonly imageVersion = '1';
  readonly defaultCommand = ['server'];

  override async exec(context: ProcessContext): Promise<number> {
    return context.waitUntilKilled();
  }
}

/** Seconds from applying a Deployment until an informer has seen `pods` of its pods Ready, on ten nodes. */
export async function secondsUntilReady(pods: number): Promise<number> {
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
  return (performance.now() - started) / 1000;
}
