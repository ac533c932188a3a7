/** A hundred pods with probes that answer a Service: what they cost when nobody asks, and how fast they answer. */
import { RealClock } from '../../sandbox/core/clock.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import type { Deployment, Service } from '../../sandbox/cluster/client/kinds.ts';
import { DEPLOYMENTS, SERVICES } from '../../sandbox/cluster/client/resources.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import type { Report } from './measurement.ts';
import { cpuMs, pause, timed } from './stopwatch.ts';

const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const WEB = { namespace: 'default', name: 'web' };
const PODS = 100;
const NODES = 4;
/** Two rounds of all probes. */
const IDLE_MS = 20_000;
const REQUESTS = 4000;
const CLIENTS = 20;

export async function measure(report: Report): Promise<void> {
  const cluster = new Cluster({ clock: new RealClock(), random: new Random(1), nodes: NODES });
  await cluster.ready;
  const client = new Client(cluster.api, { user: ADMINISTRATOR });
  await client.create(DEPLOYMENTS, deployment);
  await client.create(SERVICES, service);
  const ready = async () => (await client.get(DEPLOYMENTS, WEB)).status?.readyReplicas === PODS;
  while (!(await ready())) await pause(100);
  await pause(3000);

  const before = cpuMs();
  await pause(IDLE_MS);
  const idle = ((cpuMs() - before) / IDLE_MS) * 100;
  report({ name: 'idle CPU of 100 pods with two probes each', value: idle, unit: '%', goal: 1 });

  let left = REQUESTS;
  const ask = async () => {
    while (left-- > 0) {
      const { status } = await cluster.network.fetchService(
        { namespace: 'default', service: 'web', port: 80 },
        { method: 'GET', path: '/', headers: {} },
      );
      if (status !== 200) throw new Error(`the Service answered ${status}`);
    }
  };
  const { wallMs, cpuMs: cpu } = await timed(() => Promise.all(Array.from({ length: CLIENTS }, ask)));
  const rate = (REQUESTS / wallMs) * 1000;
  report({
    name: 'requests to a Service, in process',
    value: rate,
    unit: '1/s',
    goal: 2000,
    atLeast: true,
    cpuMs: cpu,
  });
  cluster.dispose();
}

const labels = { app: 'web' };
const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 10 };

const deployment: Deployment = {
  metadata: { ...WEB },
  spec: {
    replicas: PODS,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'busybox:1',
            command: ['sh', '-c', 'mkdir /www; echo hi > /www/index.html; exec httpd -f -p 8080 -h /www'],
            readinessProbe: probe,
            livenessProbe: probe,
          },
        ],
      },
    },
  },
};

const service: Service = {
  metadata: { ...WEB },
  spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
};
