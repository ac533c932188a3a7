import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
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
  terminal = new TerminalDriver({ addons: ['mesh'] });
  await terminal.ready();
  await shop();
}, 120_000);
afterEach(() =>
  output(
    'kubectl delete virtualservice,destinationrule,authorizationpolicy,peerauthentication,httproute -n shop --all',
  ),
);
afterAll(() => terminal.dispose());

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

/** A metric's sum over the series with these labels, of the pod's proxy. */
async function counted(pod: string, metric: string, ...labels: string[]): Promise<number> {
  const text = await output(
    `kubectl exec -n shop ${pod} -c istio-proxy -- wget -qO- localhost:15020/stats/prometheus`,
  );
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const repeated = async (count: number, flags: string) =>
  (
    await output(
      `kubectl exec -n shop caller -c curl -- sh -c 'for i in $(seq ${count}); do curl -s ${flags}; done'`,
    )
  )
    .trim()
    .split('\n');

const SUBSETS = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`;

const virtualService = (http: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: stock, namespace: shop}
spec:
  hosts: [stock]
  http:
${http}
`;

const policy = (spec: string, name = 'stock') => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`;

describe('membership', () => {
  test('a namespace label gives pods a sidecar, and the application stays as it is', async () => {
    const pods = (await output('kubectl get pods -n shop --no-headers')).trim().split('\n');
    expect(pods).toHaveLength(3);
    for (const line of pods) expect(line).toMatch(/ 2\/2 +Running +0 /);
    const field = (path: string) => output(`kubectl get pod caller -n shop -o jsonpath='{${path}}'`);
    expect(await field('.spec.containers[*].image')).toBe('nicolaka/netshoot');
    expect(await field('.spec.initContainers[*].name')).toBe('istio-init istio-proxy');
    expect(await field('.metadata.annotations.prometheus\\.io/port')).toBe('15020');
    expect(await field('.metadata.annotations.sidecar\\.istio\\.io/status')).toContain(
      '"initContainers":["istio-init","istio-proxy"]',
    );
    expect(await output('kubectl get deployment,service -n istio-system --no-headers')).toMatch(
      /deployment\.apps\/istiod +1\/1 +1 +1 [^]*service\/istiod +ClusterIP/,
    );
  });

  test('a pod can refuse its sidecar; without istiod none is made', async () => {
    await apply(
      client('shop')
        .replaceAll('name: caller', 'name: bare')
        .replace('app: caller', "sidecar.istio.io/inject: 'false'"),
    );
    await output('kubectl wait -n shop --for=condition=Ready pod bare --timeout 30s');
    expect(await output('kubectl get pod -n shop bare --no-headers')).toMatch(/^bare +1\/1 +Running/);
    await output('kubectl delete pod -n shop bare --now');
    await output('kubectl scale deployment istiod -n istio-system --replicas 0');
    await terminal.pass(5000);
    const refused = await terminal.run('kubectl run late -n shop --image nginx:1');
    expect(refused.output).toMatch(/failed calling webhook "namespace\.sidecar-injector\.istio\.io"/);
    await output('kubectl scale deployment istiod -n istio-system --replicas 1');
    await output('kubectl rollout status deployment istiod -n istio-system');
  });

  test('ambient mode: no container, the same identity', async () => {
    await output('kubectl create namespace quiet');
    await output('kubectl label namespace quiet istio.io/dataplane-mode=ambient');
    await apply(client('quiet'));
    await output('kubectl wait -n quiet --for=condition=Ready pod caller --timeout 30s');
    expect(await output('kubectl get pod -n quiet caller --no-headers')).toMatch(/^caller +1\/1 +Running/);
    await apply(policy('{rules: [{from: [{source: {namespaces: [quiet]}}]}]}'));
    expect(await curl('http://stock.shop', 'quiet')).toMatch(/^stock v[12]\n$/);
    expect(await curl('http://stock')).toBe('RBAC: access denied');
    await output('kubectl label namespace quiet istio.io/dataplane-mode-');
    await terminal.pass(100);
    expect(await curl('http://stock.shop', 'quiet')).toBe('RBAC: access denied');
    await output('kubectl delete namespace quiet');
  });
});

describe('traffic', () => {
  test('answers carry what Envoy adds', async () => {
    const answer = await curl('-i http://stock');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nserver: envoy\r\n/i);
    expect(answer).toMatch(/\r\nx-envoy-upstream-service-time: \d+\r\n/i);
  });

  test('weights of subsets, and headers first', async () => {
    await apply(
      [
        SUBSETS,
        virtualService(`    - match: [{headers: {x-tester: {exact: 'yes'}}}]
      route: [{destination: {host: stock, subset: v2}}]
    - route:
        - {destination: {host: stock, subset: v1}, weight: 90}
        - {destination: {host: stock, subset: v2}, weight: 10}`),
      ].join('---\n'),
    );
    expect(await curl('-H "x-tester: yes" http://stock')).toBe('stock v2\n');
    const answers = await repeated(200, 'http://stock');
    const canary = answers.filter((answer) => answer === 'stock v2').length;
    expect(answers).toHaveLength(200);
    // 20 expected: one in ten million falls outside.
    expect(canary).toBeGreaterThan(1);
    expect(canary).toBeLessThan(50);
  });

  test('faults: a delay on the clients’ clock, an abort in Envoy’s words', async () => {
    await apply(
      virtualService(`    - match: [{uri: {prefix: /slow}}]
      fault: {delay: {fixedDelay: 3s, percentage: {value: 100}}}
      route: [{destination: {host: stock}}]
    - fault: {abort: {httpStatus: 418, percentage: {value: 100}}}
      route: [{destination: {host: stock}}]`),
    );
    const took = Number(await curl("-o /dev/null -w '%{time_total}' http://stock/slow"));
    expect(took).toBeGreaterThanOrEqual(3);
    expect(took).toBeLessThan(3.3);
    expect(await curl("-w ' %{http_code}' http://stock/")).toBe('fault filter abort 418');
  });

  test('a route that takes too long, and one that is tried again at another endpoint', async () => {
    const pod = (name: string, container: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: fickle}}
spec:
  containers: [{name: web, ${container}}]
---
`;
    const about = (http: string) =>
      apply(virtualService(http).replace('name: stock', 'name: fickle').replace('[stock]', '[fickle]'));
    await apply(
      pod(
        'good',
        'image: simpleservice:0.6.0, env: [{name: PORT0, value: "80"}, {name: HEALTH_MIN, value: "5000"}]',
      ) +
        pod(
          'bad',
          `image: nginx:1, command: [sh, -c, 'echo "server { listen 80; return 503; }" > /etc/nginx/conf.d/default.conf; exec nginx -g "daemon off;"']`,
        ) +
        service('fickle'),
    );
    await output('kubectl wait -n shop --for=condition=Ready pod good bad --timeout 90s');
    const codes = async () =>
      new Set(await repeated(12, `-o /dev/null -w "%{http_code}\\n" http://fickle/info`));
    await about('    - {retries: {attempts: 0}, route: [{destination: {host: fickle}}]}');
    expect(await codes()).toEqual(new Set(['200', '503']));
    await about(`    - match: [{uri: {exact: /health}}]
      timeout: 1s
      route: [{destination: {host: fickle}}]
    - {retries: {attempts: 2, retryOn: 5xx}, route: [{destination: {host: fickle}}]}`);
    expect(await codes()).toEqual(new Set(['200']));
    await output('kubectl delete pod bad -n shop --now');
    expect(await curl("-w ' %{http_code} %{time_total}' http://fickle/health")).toMatch(
      /^upstream request timeout 504 1\.\d+$/,
    );
    await output('kubectl delete pod good -n shop --now');
  });

  test('no rule, no subset, no endpoint', async () => {
    await apply(
      virtualService(`    - match: [{uri: {exact: /nowhere}}]
      route: [{destination: {host: stock, subset: v9}}]
    - match: [{uri: {exact: /empty}}]
      route: [{destination: {host: empty}}]`) +
        '---\n' +
        service('empty'),
    );
    expect(await curl("-w '%{http_code}' http://stock/other")).toBe('404');
    expect(await curl("-w '%{http_code}' http://stock/nowhere")).toBe('503');
    expect(await curl("-w ' %{http_code}' http://stock/empty")).toBe('no healthy upstream 503');
  });

  test('an endpoint that fails is left alone for a while', async () => {
    await apply(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    loadBalancer: {simple: ROUND_ROBIN}
    outlierDetection: {consecutive5xxErrors: 2, interval: 1s, baseEjectionTime: 30s, maxEjectionPercent: 100}
---
${virtualService('    - {retries: {attempts: 0}, route: [{destination: {host: stock}}]}')}`);
    // nginx of v2 goes, its pod stays.
    await output(
      `kubectl exec -n shop deploy/stock-v2 -c web -- sh -c 'rm /usr/share/nginx/html/index.html; echo "server { listen 80; return 500; }" > /etc/nginx/conf.d/default.conf; nginx -s reload'`,
    );
    const codes = await repeated(12, `-o /dev/null -w "%{http_code}\\n" http://stock`);
    expect(codes.filter((code) => code === '500')).toHaveLength(2);
    await terminal.pass(31_000);
    expect(await repeated(4, `-o /dev/null -w "%{http_code}\\n" http://stock`)).toContain('500');
    await output('kubectl delete pod -n shop -l version=v2 --now');
    await output('kubectl rollout status deployment stock-v2 -n shop --timeout 60s');
  });

  test('HTTPRoute of a Service: weights and matches, and its status', async () => {
    const only = (version: string) =>
      service('stock')
        .split('---')[0]!
        .replace('name: stock', `name: stock-${version}`)
        .replace('app: stock', `app: stock, version: ${version}`);
    await apply(
      `${only('v1')}---\n${only('v2')}---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: stock, namespace: shop}
spec:
  parentRefs: [{group: '', kind: Service, name: stock, port: 80}]
  rules:
    - matches: [{headers: [{name: x-tester, value: 'yes'}]}]
      backendRefs: [{name: stock-v2, port: 80}]
    - matches: [{path: {type: PathPrefix, value: /broken}}]
      backendRefs: [{name: nobody, port: 80}]
    - retry: {attempts: 2, codes: [500]}
      timeouts: {request: 10s}
      backendRefs:
        - {name: stock-v1, port: 80, weight: 1}
        - {name: stock-v2, port: 80, weight: 0}
`,
    );
    await terminal.pass(500);
    expect(await curl('-H "x-tester: yes" http://stock')).toBe('stock v2\n');
    expect(new Set(await repeated(10, 'http://stock'))).toEqual(new Set(['stock v1']));
    expect(await curl("-w '%{http_code}' http://stock/broken")).toBe('500');
    const conditions = await output(
      `kubectl get httproute stock -n shop -o jsonpath='{range .status.parents[0].conditions[*]}{.type}={.status} {.reason}{"\\n"}{end}'`,
    );
    expect(conditions).toBe('Accepted=True Accepted\nResolvedRefs=False BackendNotFound\n');
  });
});

describe('security', () => {
  test('STRICT: whoever cannot prove who he is, is reset', async () => {
    await output('kubectl create namespace outside');
    await apply(client('outside'));
    await output('kubectl wait -n outside --for=condition=Ready pod caller --timeout 30s');
    expect(await curl('http://stock.shop', 'outside')).toMatch(/^stock v[12]\n$/);
    await apply(`apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`);
    const refused = await terminal.run('kubectl exec -n outside caller -- curl -sS http://stock.shop');
    expect(refused.output).toContain('curl: (56) Recv failure: Connection reset by peer');
    expect(await curl('http://stock')).toMatch(/^stock v[12]\n$/);
    // Probes go by way of the agent.
    await terminal.pass(20_000);
    expect(await output('kubectl get pods -n shop --no-headers')).not.toMatch(/ [01]\/2 /);
    await output('kubectl delete namespace outside');
  });

  test('policies by identity, method and path', async () => {
    await apply(
      policy(
        "{selector: {matchLabels: {app: stock}}, action: ALLOW, rules: [{from: [{source: {principals: ['cluster.local/ns/shop/sa/caller']}}], to: [{operation: {methods: [GET], paths: ['/', '/free*']}}]}]}",
      ),
    );
    const code = (flags: string) => curl(`-o /dev/null -w '%{http_code}' ${flags}`);
    expect(await code('http://stock/')).toBe('200');
    expect(await code('http://stock/free/x')).toBe('404');
    expect(await code('http://stock/secret')).toBe('403');
    expect(await code('-X POST http://stock/')).toBe('403');
    await apply(policy("{action: DENY, rules: [{to: [{operation: {paths: ['/']}}]}]}", 'deny'));
    expect(await curl("-w ' %{http_code}' http://stock/")).toBe('RBAC: access denied 403');
  });

  test('the certificate of a workload says who it is', async () => {
    const certificates = JSON.parse(
      await output('kubectl exec -n shop caller -c istio-proxy -- pilot-agent request GET certs'),
    );
    expect(certificates.certificates[0].cert_chain[0].subject_alt_names).toEqual([
      { uri: 'spiffe://cluster.local/ns/shop/sa/caller' },
    ]);
    expect(await output('kubectl get configmap istio-ca-root-cert -n shop -o name')).toBe(
      'configmap/istio-ca-root-cert\n',
    );
  });
});

describe('telemetry', () => {
  test('counters match the requests sent, on both sides', async () => {
    const labels = ['destination_service_name="stock"', 'response_code="200"'];
    const before = await counted('caller', 'istio_requests_total', ...labels);
    await repeated(20, 'http://stock');
    const after = await counted('caller', 'istio_requests_total', 'reporter="source"', ...labels);
    expect(after - before).toBe(20);
    const text = await output(
      'kubectl exec -n shop deploy/stock-v1 -c istio-proxy -- wget -qO- localhost:15020/stats/prometheus',
    );
    expect(text).toMatch(
      /istio_requests_total\{reporter="destination",source_workload="caller",.*source_principal="spiffe:\/\/cluster\.local\/ns\/shop\/sa\/caller".*connection_security_policy="mutual_tls"\} \d+/,
    );
    expect(text).toMatch(/istio_request_duration_milliseconds_bucket\{.*le="\+Inf"\} \d+/);
  });

  test('access logs in Istio’s format', async () => {
    await curl('-A tester http://stock/logged');
    await terminal.pass(1000);
    expect(await output('kubectl logs -n shop caller -c istio-proxy --tail 1')).toMatch(
      /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET \/logged HTTP\/1\.1" 404 - via_upstream - "-" 0 \d+ \d+ \d+ "-" "tester" "[0-9a-f-]{36}" "stock" "10\.244\.\d+\.\d+:80" outbound\|80\|\|stock\.shop\.svc\.cluster\.local - 10\.96\.\d+\.\d+:80 10\.244\.\d+\.\d+:\d+ - default\n$/,
    );
  });

  test('what a server is told: trace, request id, who asks', async () => {
    await apply(`apiVersion: v1
kind: Pod
metadata: {name: teller, namespace: shop, labels: {app: teller}}
spec:
  containers:
    - name: web
      image: nginx:1
      command: [sh, -c, 'echo "server { listen 80; location / { return 200 \\"\\$http_traceparent \\$http_x_request_id \\$http_x_forwarded_client_cert\\"; } }" > /etc/nginx/conf.d/default.conf; exec nginx -g "daemon off;"']
---
${service('teller')}`);
    await output('kubectl wait -n shop --for=condition=Ready pod teller --timeout 30s');
    const [traceparent = '', id = '', certificate] = (
      await curl("-H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' http://teller")
    ).split(' ');
    // The trace is the caller's, the span that of the last proxy.
    expect(traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(traceparent).not.toContain('b7ad6b7169203331');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(certificate).toMatch(
      /^By=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/default;Hash=[0-9a-f]{64};Subject="";URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/caller$/,
    );
    await output('kubectl delete pod teller -n shop --now');
  });
});
