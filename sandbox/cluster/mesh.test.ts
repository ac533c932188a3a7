import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  await Promise.all([
    import('./mesh/install.ts'),
    import('./mesh/proxy-agent.ts'),
    import('./mesh/istiod.ts'),
  ]);
}, 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ addons: ['mesh'] });
  await terminal.ready();
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const apply = (yaml: string) => {
  terminal.write('m.yaml', yaml);
  return output('kubectl apply -f m.yaml');
};

/** A Deployment that says its name and version, and a client, in a namespace of the mesh. */
const app = (name: string, version: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}-${version}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}, version: ${version}}}
  template:
    metadata: {labels: {app: ${name}, version: ${version}}}
    spec:
      serviceAccountName: ${name}
      containers:
        - name: web
          image: nginx:1
          command: [sh, -c, 'echo ${name} ${version} > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"']
`;

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 80}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}, namespace: shop}
`;

const client = (namespace: string, extra = '') => `apiVersion: v1
kind: ServiceAccount
metadata: {name: caller, namespace: ${namespace}}
---
apiVersion: v1
kind: Pod
metadata: {name: caller, namespace: ${namespace}, labels: {app: caller${extra}}}
spec:
  serviceAccountName: caller
  containers: [{name: curl, image: nicolaka/netshoot, command: [sleep, infinity]}]
`;

async function shop(): Promise<void> {
  await output('kubectl create namespace shop');
  await output('kubectl label namespace shop istio-injection=enabled');
  await apply([app('stock', 'v1'), app('stock', 'v2'), service('stock'), client('shop')].join('---\n'));
  await output('kubectl wait -n shop --for=condition=Ready pod --all --timeout 90s');
}

const curl = (flags: string, namespace = 'shop') =>
  output(`kubectl exec -n ${namespace} caller -c curl -- curl -s ${flags}`);

describe('membership', () => {
  test('a namespace label gives pods a sidecar, and the application stays as it is', async () => {
    await shop();
    const pods = await output('kubectl get pods -n shop --no-headers');
    expect(pods.trim().split('\n')).toHaveLength(3);
    for (const line of pods.trim().split('\n')) expect(line).toMatch(/ 2\/2 +Running +0 /);
    expect(await output(`kubectl get pod caller -n shop -o jsonpath='{.spec.containers[*].image}'`)).toBe(
      'nicolaka/netshoot',
    );
    expect(await output(`kubectl get pod caller -n shop -o jsonpath='{.spec.initContainers[*].name}'`)).toBe(
      'istio-init istio-proxy',
    );
    expect(
      await output(
        `kubectl get pod caller -n shop -o jsonpath='{.metadata.annotations.prometheus\\.io/port} {.metadata.annotations.sidecar\\.istio\\.io/status}'`,
      ),
    ).toMatch(/^15020 \{"initContainers":\["istio-init","istio-proxy"\]/);
    expect(await output('kubectl get deployment,service -n istio-system --no-headers')).toMatch(
      /deployment\.apps\/istiod +1\/1 +1 +1 [^]*service\/istiod +ClusterIP/,
    );
    expect(await curl('-i http://stock')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*server: envoy/i);
  });
});
