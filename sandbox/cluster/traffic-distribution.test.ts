/** `trafficDistribution`: whose endpoints a connection comes to, on nodes of two zones. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000, hookTimeout: 40_000 });

const ZONES: Record<string, string> = {
  'slipway-worker': 'east',
  'slipway-worker2': 'east',
  'slipway-worker3': 'west',
};

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ nodes: 4 });
  await terminal.cluster.ready;
  for (const [node, zone] of Object.entries(ZONES))
    await output(`kubectl label node ${node} topology.kubernetes.io/zone=${zone}`);
  terminal.write(
    'm.yaml',
    `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: nginx:1
          env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
          command: [sh, -c, 'echo $NODE > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"']
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: client}
spec:
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: "busybox:1", command: [sleep, "100000"]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`,
  );
  await output(
    'kubectl apply -f m.yaml && kubectl rollout status ds/web --timeout 60s && kubectl rollout status ds/client --timeout 60s',
  );
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);

/** The nodes that twelve requests from a pod on `node` come to. */
async function reached(node: string): Promise<string[]> {
  const pod = (
    await output(
      `kubectl get pods -l app=client --field-selector spec.nodeName=${node} -o jsonpath={.items[0].metadata.name}`,
    )
  ).trim();
  const said = await output(
    `kubectl exec ${pod} -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do wget -q -O - http://web; done'`,
  );
  return [...new Set(said.trim().split('\n'))].sort();
}

async function prefer(distribution: string): Promise<void> {
  await output(`kubectl patch service web -p '{"spec":{"trafficDistribution":"${distribution}"}}'`);
  await terminal.pass(1000);
}

const hints = async () =>
  (
    await output(
      `kubectl get endpointslice -l kubernetes.io/service-name=web -o jsonpath='{range .items[0].endpoints[*]}{.nodeName} {.hints}{"\\n"}{end}'`,
    )
  )
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .sort();

test('without it every endpoint is as good as any', async () => {
  expect(await hints()).toEqual(Object.keys(ZONES));
  expect((await reached('slipway-worker3')).length).toBeGreaterThan(1);
});

test('the same zone, and any other zone while there is nobody in it', async () => {
  await prefer('PreferSameZone');
  expect(await hints()).toEqual(
    Object.entries(ZONES).map(([node, zone]) => `${node} {"forZones":[{"name":"${zone}"}]}`),
  );
  expect(await reached('slipway-worker3')).toEqual(['slipway-worker3']);
  expect(await reached('slipway-worker')).toEqual(['slipway-worker', 'slipway-worker2']);
});

test('the same node; without an endpoint on it, the same zone', async () => {
  await prefer('PreferSameNode');
  expect(await hints()).toEqual(
    Object.entries(ZONES).map(
      ([node, zone]) => `${node} {"forNodes":[{"name":"${node}"}],"forZones":[{"name":"${zone}"}]}`,
    ),
  );
  for (const node of Object.keys(ZONES)) expect(await reached(node)).toEqual([node]);
  await output(
    `kubectl patch ds web -p '{"spec":{"template":{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/hostname","operator":"NotIn","values":["slipway-worker2"]}]}]}}}}}}}'`,
  );
  await output('kubectl rollout status ds/web --timeout 90s');
  await terminal.pass(2000);
  expect(await reached('slipway-worker2')).toEqual(['slipway-worker']);
});
