/** Prometheus counts what the mesh's proxies see, and Jaeger follows it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

const SHOP = `apiVersion: apps/v1
kind: Deployment
metadata: {name: stock, namespace: shop}
spec:
  selector: {matchLabels: {app: stock, version: v1}}
  template:
    metadata: {labels: {app: stock, version: v1}}
    spec:
      containers:
        - name: web
          image: busybox:1
          command: [sh, -c, 'mkdir /w; echo 7 > /w/index.html; exec httpd -f -p 8080 -h /w']
---
apiVersion: v1
kind: Service
metadata: {name: stock, namespace: shop}
spec:
  selector: {app: stock}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: caller, namespace: shop, labels: {app: caller}}
spec:
  containers: [{name: curl, image: nicolaka/netshoot, command: [sleep, infinity]}]
`;

let terminal: TerminalDriver;
beforeAll(async () => {
  // Loading takes real time, in which the cluster's would pass.
  await TerminalDriver.load();
  await Promise.all([
    import('./mesh/install.ts'),
    import('./mesh/proxy-agent.ts'),
    import('./mesh/istiod.ts'),
    import('./observability/install.ts'),
  ]);
  terminal = new TerminalDriver({ addons: ['mesh', 'prometheus', 'jaeger'] });
  await terminal.ready();
  terminal.write('shop.yaml', SHOP);
  await output('kubectl create namespace shop');
  await output('kubectl label namespace shop istio-injection=enabled');
  await output('kubectl apply -f shop.yaml');
  await output('kubectl wait -n shop --for=condition=Ready pod --all --timeout=90s');
  await output('kubectl wait -n istio-system --for=condition=Available deploy --all --timeout=90s');
}, 120_000);
afterAll(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const get = async (service: string, path: string) =>
  JSON.parse(
    await output(`kubectl get --raw '/api/v1/namespaces/istio-system/services/${service}/proxy${path}'`),
  );

async function query(text: string): Promise<[labels: string, value: string][]> {
  const { data } = await get(
    'prometheus:9090',
    `/api/v1/query?${new URLSearchParams({ query: text }).toString()}`,
  );
  return data.result.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => [
    Object.entries(metric)
      .map(([name, label]) => `${name}=${label}`)
      .join(' '),
    value[1],
  ]);
}

test('counters match the requests that were sent, and each has its trace', async () => {
  // The first scrape sees the proxies before they have done anything.
  await output('sleep 30');
  const request = 'curl -s -o /dev/null -w "%{http_code}\\n"';
  const answers = await output(
    `kubectl exec -n shop caller -c curl -- sh -c 'for i in $(seq 20); do ${request} http://stock/; done; for i in 1 2 3; do ${request} http://stock/nothing; done'`,
  );
  expect(answers).toBe('200\n'.repeat(20) + '404\n'.repeat(3));
  await output('sleep 30');
  const requests = 'istio_requests_total{reporter="destination", destination_service_name="stock"}';
  expect(await query(`sum by (response_code) (${requests})`)).toEqual([
    ['response_code=200', '20'],
    ['response_code=404', '3'],
  ]);
  expect(
    await query(
      'sum by (source_workload, connection_security_policy) (istio_requests_total{reporter="destination"})',
    ),
  ).toEqual([['connection_security_policy=mutual_tls source_workload=caller', '23']]);
  const [[, median] = []] = await query(
    'histogram_quantile(0.5, sum by (le) (istio_request_duration_milliseconds_bucket{reporter="source"}))',
  );
  expect(Number(median)).toBeGreaterThanOrEqual(0);
  const services = (await get('tracing:80', '/api/services')).data;
  expect(services).toEqual(['caller.shop', 'stock.shop']);
  const traces = (await get('tracing:80', '/api/traces?service=caller.shop&limit=100')).data;
  expect(traces).toHaveLength(23);
  for (const { spans } of traces) {
    expect(spans).toHaveLength(2);
    const [client, server] = spans;
    expect(server.references).toEqual([
      { refType: 'CHILD_OF', traceID: client.traceID, spanID: client.spanID },
    ]);
  }
});
