import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TerminalDriver } from '../../../cluster/terminal-driver.ts';
import { COMMANDS } from './istioctl.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const WEB = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-v1, namespace: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web, version: v1}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec:
      containers:
        - name: web
          image: busybox:1
          command: [sh, -c, 'mkdir /w; echo hello > /w/index.html; exec httpd -f -p 8080 -h /w']
          ports: [{containerPort: 8080}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
    - match: [{uri: {prefix: /new}}]
      route: [{destination: {host: web, subset: v2}}]
    - route: [{destination: {host: web, subset: v1}}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`;

let terminal: TerminalDriver;
beforeAll(async () => {
  // Loading takes real time, in which the cluster's would pass.
  await TerminalDriver.load();
  await Promise.all([
    import('../../../cluster/mesh/install.ts'),
    import('../../../cluster/mesh/proxy-agent.ts'),
    import('../../../cluster/mesh/istiod.ts'),
    import('../../../cluster/observability/install.ts'),
    import('./secret-table.ts'),
    ...Object.values(COMMANDS).map((load) => load()),
  ]);
  terminal = new TerminalDriver({ addons: ['mesh'] });
  await terminal.ready();
  terminal.write('web.yaml', WEB);
  await terminal.output('kubectl create namespace shop');
  await terminal.output('kubectl label namespace shop istio-injection=enabled');
  await terminal.output('kubectl apply -f web.yaml');
  await terminal.output('kubectl -n shop rollout status deploy/web-v1 --timeout=90s');
});
afterAll(() => terminal.dispose());

/** What a line prints, and its exit code; names of pods, addresses and certificates are made up. */
const run = async (line: string) => {
  const { output, exitCode } = await terminal.run(line);
  const stable = output
    .replace(/web-v1-\w+-\w+/g, 'web-v1-POD')
    .replace(/istiod-\w+-\w+/g, 'istiod-POD')
    .replace(/10\.(244|96)(\.\d+)+/g, 'ADDRESS')
    .replace(/\b[0-9a-f]{24,32}\b/g, 'NUMBER')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')
    .replace(/ +/g, ' ');
  return {
    exitCode,
    lines: stable
      .trimEnd()
      .split('\n')
      .map((each) => each.trimEnd()),
  };
};

test('version and proxy-status: who runs what', async () => {
  expect((await run('istioctl version')).lines).toEqual([
    'client version: 1.30.3',
    'control plane version: 1.30.3',
    'data plane version: 1.30.3 (1 proxy)',
  ]);
  expect((await run('istioctl version --remote=false')).lines).toEqual(['client version: 1.30.3']);
  expect((await run('istioctl ps')).lines).toEqual([
    'NAME CLUSTER ISTIOD VERSION SUBSCRIBED TYPES',
    'web-v1-POD.shop Kubernetes istiod-POD 1.30.3 4 (CDS,LDS,EDS,RDS)',
  ]);
});

test('proxy-config: clusters with subsets and their rule, endpoints, routes, certificates', async () => {
  expect((await run('istioctl pc cluster deploy/web-v1 -n shop --fqdn web.shop')).lines).toEqual([
    'SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE',
    'web.shop.svc.cluster.local 80 - outbound EDS web.shop',
    'web.shop.svc.cluster.local 80 v1 outbound EDS web.shop',
    'web.shop.svc.cluster.local 80 v2 outbound EDS web.shop',
  ]);
  expect((await run('istioctl pc c deploy/web-v1 -n shop --direction inbound')).lines).toEqual([
    'SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE',
    ' 8080 - inbound ORIGINAL_DST',
  ]);
  const endpoints = 'istioctl proxy-config endpoint deploy/web-v1 -n shop --port 8080';
  expect((await run(endpoints)).lines).toEqual([
    'ENDPOINT STATUS OUTLIER CHECK CLUSTER',
    'ADDRESS:8080 HEALTHY OK outbound|80|v1|web.shop.svc.cluster.local',
    'ADDRESS:8080 HEALTHY OK outbound|80||web.shop.svc.cluster.local',
  ]);
  expect((await run('istioctl pc route deploy/web-v1 -n shop --name 80')).lines).toEqual([
    'NAME VHOST NAME DOMAINS MATCH VIRTUAL SERVICE',
    '80 web.shop.svc.cluster.local:80 web, web.shop + 1 more... /new* web.shop',
    '80 web.shop.svc.cluster.local:80 web, web.shop + 1 more... /* web.shop',
    ' backend * /stats/prometheus*',
    ' backend * /healthz/ready*',
  ]);
  expect((await run('istioctl pc secret deploy/web-v1 -n shop')).lines).toEqual([
    'RESOURCE NAME TYPE STATUS VALID CERT SERIAL NUMBER NOT AFTER NOT BEFORE',
    'default Cert Chain ACTIVE true NUMBER TIME TIME',
    'ROOTCA CA ACTIVE true NUMBER TIME TIME',
  ]);
  expect(await run('istioctl pc cluster nobody -n shop')).toEqual({
    exitCode: 1,
    lines: ['Error: pods "nobody" not found'],
  });
  expect(await run('istioctl pc listener deploy/web-v1 -n shop')).toEqual({
    exitCode: 1,
    lines: [
      'Error: istioctl proxy-config listener is not available; there are cluster, route, endpoint and secret',
    ],
  });
});

test('describe: what is about a pod', async () => {
  const pod = (await terminal.output('kubectl -n shop get pod -o jsonpath={.items[0].metadata.name}')).trim();
  const { lines } = await run(`istioctl x describe pod ${pod} -n shop`);
  expect(lines).toEqual([
    'Pod: web-v1-POD',
    ' Pod Revision: default',
    ' Pod Ports: 8080 (web)',
    '--------------------',
    'Service: web',
    ' Port: http 80/HTTP targets pod port 8080',
    'DestinationRule: web for "web"',
    ' Matching subsets: v1',
    ' (Non-matching subsets v2)',
    ' No Traffic Policy',
    'VirtualService: web',
    ' 1 additional destination(s) that will not reach this pod',
    '--------------------',
    'Effective PeerAuthentication:',
    ' Workload mTLS mode: STRICT',
    'Applied PeerAuthentication:',
    ' default.shop',
  ]);
});

const BROKEN = `# A VirtualService that means things which are not there.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: broken
spec:
  hosts:
    - stock
  gateways: [mesh, edge]
  http:
    - route:
        - destination:
            host: stok
    - route:
        - destination:
            host: web
            subset: v3
        - destination:
            host: web
            port: {number: 8443}
---
apiVersion: v1
kind: Service
metadata: {name: unnamed, annotations: {sidecar.istio.io/injct: "true"}}
spec:
  ports: [{name: web-port, port: 8080}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody}
spec:
  selector: {matchLabels: {app: nobody}}
  rules: [{from: [{source: {namespaces: [bank]}}]}]
`;

test('analyze: the cluster as it is, and as it would be with a file', async () => {
  expect(await run('istioctl analyze -n shop')).toEqual({
    exitCode: 0,
    lines: ['✔ No validation issues found when analyzing namespace: shop.'],
  });
  expect((await run('istioctl analyze')).lines).toEqual([
    "Info [IST0102] (Namespace default) The namespace is not enabled for Istio injection. Run 'kubectl label namespace default istio-injection=enabled' to enable it, or 'kubectl label namespace default istio-injection=disabled' to explicitly mark it as not needing injection.",
  ]);
  terminal.write('broken.yaml', BROKEN);
  expect(await run('istioctl analyze -n shop broken.yaml')).toEqual({
    exitCode: 79,
    lines: [
      'Error [IST0101] (AuthorizationPolicy shop/nobody broken.yaml:33) Referenced namespace not found: "bank"',
      'Error [IST0101] (VirtualService shop/broken broken.yaml:9) Referenced gateway not found: "edge"',
      'Error [IST0101] (VirtualService shop/broken broken.yaml:13) Referenced host not found: "stok"',
      'Error [IST0101] (VirtualService shop/broken broken.yaml:16) Referenced host+subset in destinationrule not found: "web+v3"',
      'Error [IST0101] (VirtualService shop/broken broken.yaml:16) Referenced host:port not found: "web:8443"',
      'Error [IST0106] (VirtualService shop/broken broken.yaml:2) Schema validation error: total destination weight = 0',
      'Warning [IST0108] (Service shop/unnamed broken.yaml:24) Unknown annotation: sidecar.istio.io/injct',
      'Warning [IST0127] (AuthorizationPolicy shop/nobody broken.yaml:28) No matching workloads for this resource with the following labels: app=nobody',
      'Warning [IST0130] (VirtualService shop/broken broken.yaml:2) VirtualService rule #1 not used (only the last rule can have no matches).',
      "Info [IST0118] (Service shop/unnamed broken.yaml:26) Port name web-port (port: 8080, targetPort: 8080) doesn't follow the naming convention of Istio port.",
      'Error: Analyzers found issues when analyzing namespace: shop.',
      'See https://istio.io/v1.30/docs/reference/config/analysis for more information about causes and resolutions.',
    ],
  });
  const onlyErrors = await run(
    "istioctl analyze -n shop broken.yaml --output-threshold Error -S 'IST0101=*' -o json",
  );
  expect(JSON.parse(onlyErrors.lines.join('\n'))).toMatchObject([{ code: 'IST0106', level: 'Error' }]);
  expect((await run('istioctl analyze --use-kube=false missing.yaml')).lines).toEqual([
    'Error: stat missing.yaml: no such file or directory',
  ]);
});

test('analyze: a pod that was there before its namespace was labelled', async () => {
  await terminal.output('kubectl create namespace late');
  await terminal.output('kubectl run early -n late --image busybox:1 -- sleep infinity');
  await terminal.output('kubectl label namespace late istio-injection=enabled');
  expect(await run('istioctl analyze -n late')).toEqual({
    exitCode: 0,
    lines: [
      'Warning [IST0103] (Pod late/early) The pod late/early is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
    ],
  });
});

test('what is not here says why and what to do', async () => {
  const { lines, exitCode } = await run('istioctl kube-inject -f web.yaml');
  expect(exitCode).toBe(1);
  expect(lines[0]).toContain('kubectl label namespace NAME istio-injection=enabled');
  expect(await run('istioctl dashboard jaeger')).toEqual({
    exitCode: 1,
    lines: ['Error: no jaeger pods found: the exercise does not have the add-on jaeger'],
  });
  expect((await run('istioctl analize')).lines).toEqual([
    'Error: unknown command "analize" for "istioctl"',
    "Run 'istioctl --help' for usage.",
  ]);
});
