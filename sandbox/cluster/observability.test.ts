/** The add-ons `prometheus` and `jaeger`, as somebody at a terminal has them. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encode } from '../core/bytes.ts';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  await import('./observability/install.ts');
}, 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ addons: ['prometheus', 'jaeger'] });
  await terminal.ready();
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const service = (name: string, path: string) =>
  output(`kubectl get --raw '/api/v1/namespaces/istio-system/services/${name}/proxy${path}'`);

async function query(text: string): Promise<Record<string, string>> {
  const answer = await service(
    'prometheus:9090',
    `/api/v1/query?${new URLSearchParams({ query: text }).toString()}`,
  );
  const { result } = JSON.parse(answer).data as {
    result: { metric: Record<string, string>; value: [number, string] }[];
  };
  return Object.fromEntries(result.map(({ metric, value }) => [Object.values(metric).join(' '), value[1]]));
}

const COUNTER = `apiVersion: v1
kind: Pod
metadata:
  name: counter
  labels: {app: counter}
  annotations: {prometheus.io/scrape: "true", prometheus.io/port: "8080", prometheus.io/path: /numbers.txt}
spec:
  containers:
    - name: web
      image: busybox:1
      command: [sh, -c, 'mkdir /w; printf "hits_total{code=\\"200\\"} 42\\n" > /w/numbers.txt; exec httpd -f -p 8080 -h /w']
`;

test('pods that ask for it are scraped, and kubelets; what is deleted is gone at once', async () => {
  await output('kubectl -n istio-system rollout status deploy/prometheus --timeout=120s');
  terminal.write('counter.yaml', COUNTER);
  await output(
    'kubectl apply -f counter.yaml && kubectl wait --for=condition=Ready pod/counter --timeout=60s',
  );
  await output('sleep 40');
  expect(await query('sum by (namespace, pod, app, code) (hits_total)')).toEqual({
    'counter 200 default counter': '42',
  });
  expect(await query('sum by (job) (up)')).toEqual({
    prometheus: '1',
    'kubernetes-nodes': '1',
    'kubernetes-nodes-cadvisor': '1',
    'kubernetes-pods': '2',
  });
  expect(Object.keys(await query('container_memory_working_set_bytes{container="web"}'))).toHaveLength(1);
  await output('kubectl delete pod counter --now');
  await output('sleep 20');
  expect(await query('hits_total')).toEqual({});
});

test('its tool checks the configuration, and without rights it finds nobody and says so', async () => {
  await output('kubectl -n istio-system rollout status deploy/prometheus --timeout=120s');
  const pod = (
    await output('kubectl -n istio-system get pod -l app.kubernetes.io/name=prometheus -o name')
  ).trim();
  expect(
    await output(`kubectl -n istio-system exec ${pod} -- promtool check config /etc/config/prometheus.yml`),
  ).toContain('SUCCESS: 2 rule files found');
  expect(
    await output(`kubectl -n istio-system exec ${pod} -- wget -qO- http://prometheus:9090/-/ready`),
  ).toBe('Prometheus Server is Ready.\n');
  await output('kubectl delete clusterrolebinding prometheus');
  await output(`kubectl -n istio-system delete ${pod} --now`);
  await output('kubectl -n istio-system rollout status deploy/prometheus --timeout=120s');
  await output('sleep 5');
  expect(await output('kubectl -n istio-system logs deploy/prometheus')).toContain(
    'User \\"system:serviceaccount:istio-system:prometheus\\" cannot list resource \\"pods\\" in API group \\"\\" at the cluster scope',
  );
});

test('spans that are sent to the collector are traces in Jaeger', async () => {
  await output('kubectl -n istio-system rollout status deploy/jaeger --timeout=120s');
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop.default' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
                spanId: '00f067aa0ba902b7',
                name: 'shop:80/*',
                kind: 2,
                startTimeUnixNano: '1767225600000000000',
                endTimeUnixNano: '1767225600030000000',
              },
            ],
          },
        ],
      },
    ],
  };
  const response = await terminal.cluster.network.fetchService(
    { namespace: 'istio-system', service: 'jaeger-collector', port: 4318 },
    {
      method: 'POST',
      path: '/v1/traces',
      headers: { 'content-type': 'application/json' },
      body: encode(JSON.stringify(body)),
    },
  );
  expect(response.status).toBe(200);
  expect(JSON.parse(await service('tracing:80', '/api/services')).data).toEqual(['shop.default']);
  const traces = JSON.parse(await service('jaeger-query:16686', '/api/traces?service=shop.default'));
  expect(traces.data[0].spans[0]).toMatchObject({ operationName: 'shop:80/*', duration: 30_000 });
  expect(await service('tracing:80', '/')).toContain('<title>Jaeger</title>');
});
