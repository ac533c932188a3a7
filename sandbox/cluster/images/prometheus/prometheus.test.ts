import { beforeEach, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import {
  jsonResponse,
  readText,
  textResponse,
  type HttpRequest,
  type HttpResponse,
} from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { setSliceMs } from '../../../core/slice.ts';
import { Errno } from '../../../os/errno.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import type { ConnectionHandler, NetworkNamespace } from '../../../os/network.ts';
import { OpenFile } from '../../../os/open-file.ts';
import type { Process } from '../../../os/process.ts';
import type { Image } from '../image.ts';
import { program } from './program.ts';
import { program as promtool } from './promtool.ts';
import { tags } from './prometheus.ts';

const CONFIGURATION = '/etc/prometheus/prometheus.yml';

/** A machine made of the image, in a network whose hosts the test gives. */
class TestMachine {
  readonly clock = new ManualClock();
  readonly files: MemoryFileSystem;
  readonly machine: Machine;
  readonly listeners = new Map<number, ConnectionHandler>();
  readonly hosts = new Map<string, (request: HttpRequest) => HttpResponse | Promise<HttpResponse>>();
  out = '';
  err = '';

  constructor() {
    const { clock } = this;
    this.files = new MemoryFileSystem({ clock, tree: (tags['v3.10.0'] as () => Image)().tree });
    const network: NetworkNamespace = {
      addresses: ['10.244.0.5'],
      listen: (port, handler) => {
        this.listeners.set(port, handler);
        return { dispose: () => this.listeners.delete(port) };
      },
      fetch: async (host, port, request) => {
        if (host === 'localhost')
          return this.listeners.get(port)!(request, { address: '127.0.0.1', port: 1 });
        const answer = this.hosts.get(`${host}:${port}`);
        if (!answer) throw new Errno('ECONNREFUSED');
        return answer(request);
      },
      dial: () => Promise.reject(new Errno('ECONNREFUSED')),
      resolve: (name) => Promise.resolve([name]),
    };
    this.machine = new Machine({
      hostname: 'prometheus',
      files: this.files,
      clock,
      random: new Random(1),
      network,
      findProgram: () => undefined,
      programNames: () => [],
    });
  }

  configure(text: string): this {
    this.files.writeFile(CONFIGURATION, encode(text));
    return this;
  }

  run(argv: string[], main = program): Process {
    const sink = (add: (text: string) => void) =>
      new OpenFile({
        write: (bytes) => {
          add(decode(bytes));
          return undefined;
        },
      });
    return this.machine.spawn({
      argv,
      program: main,
      environment: { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
      files: [undefined, sink((text) => (this.out += text)), sink((text) => (this.err += text))],
    });
  }

  async start(...more: string[]): Promise<Process> {
    const process = this.run(['prometheus', `--config.file=${CONFIGURATION}`, ...more]);
    await turn();
    return process;
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000, turn);
  }

  async get(path: string, method = 'GET', body?: string) {
    const response = await this.listeners.get(9090)!(
      {
        method,
        path,
        headers: body ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
        ...(body ? { body: encode(body) } : {}),
      },
      { address: '10.244.0.9', port: 40000 },
    );
    return { status: response.status, text: await readText(response) };
  }

  async api(path: string, parameters: Record<string, string> = {}) {
    const { status, text } = await this.get(`/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const { data, error, errorType } = JSON.parse(text);
    return { status, data, error: error && `${errorType}: ${error}` };
  }

  /** The answer to a query, by series. */
  async query(query: string): Promise<Record<string, string>> {
    const { data, error } = await this.api('query', { query });
    if (error) throw new Error(error);
    if (data.resultType === 'scalar') return { scalar: data.result[1] };
    return Object.fromEntries(
      data.result.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => [
        Object.entries(metric)
          .map(([name, text]) => `${name}=${text}`)
          .join(' '),
        value[1],
      ]),
    );
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

// A rule's evaluation is one run of work, however slow the machine is.
setSliceMs(Infinity);

let prometheus: TestMachine;
beforeEach(() => {
  prometheus = new TestMachine();
});

const CONFIG = `
global:
  scrape_interval: 10s
  evaluation_interval: 10s
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: shop
    static_configs:
      - targets: ['shop:8080']
        labels: {tier: front}
`;

test('scrapes itself with the configuration that it comes with, and ends on TERM', async () => {
  const process = await prometheus.start();
  expect(prometheus.err).toContain('msg="Server is ready to receive web requests."');
  await prometheus.pass(20);
  expect(await prometheus.query('up')).toEqual({
    '__name__=up app=prometheus instance=localhost:9090 job=prometheus': '1',
  });
  expect((await prometheus.get('/-/healthy')).text).toBe('Prometheus Server is Healthy.\n');
  expect((await prometheus.get('/-/ready')).text).toBe('Prometheus Server is Ready.\n');
  expect((await prometheus.get('/')).text).toContain('<title>Prometheus</title>');
  process.signal('TERM');
  expect(await process.exited).toBe(0);
  expect(prometheus.listeners.size).toBe(0);
});

test('counters match the requests, by rate, by range and with the labels of the target', async () => {
  let requests = 0;
  prometheus.hosts.set('shop:8080', () => {
    requests += 20;
    return textResponse(
      200,
      `# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\nhttp_requests_total{code="200",job="own"} ${requests}\n`,
    );
  });
  await prometheus.configure(CONFIG).start();
  await prometheus.pass(120);
  expect(await prometheus.query('sum by (code, tier, instance) (http_requests_total)')).toEqual({
    'code=200 instance=shop:8080 tier=front': String(requests),
  });
  expect(await prometheus.query('round(rate(http_requests_total[1m]), 0.001)')).toEqual({
    'code=200 exported_job=own instance=shop:8080 job=shop tier=front': '2',
  });
  const { data } = await prometheus.api('query_range', {
    query: 'sum(rate(http_requests_total[30s]))',
    start: String(prometheus.clock.now() / 1000 - 30),
    end: String(prometheus.clock.now() / 1000),
    step: '15s',
  });
  expect(data.result[0].values.map(([, value]: [number, string]) => Number(value).toFixed(6))).toEqual(
    Array(3).fill('2.000000'),
  );
  expect((await prometheus.api('label/code/values')).data).toEqual(['200']);
  expect((await prometheus.api('series', { 'match[]': 'http_requests_total' })).data).toHaveLength(1);
  expect((await prometheus.api('metadata', { metric: 'http_requests_total' })).data).toEqual({
    http_requests_total: [{ type: 'counter', help: 'Requests.', unit: '' }],
  });
  // POST with a form is the same.
  expect((await prometheus.get('/api/v1/query', 'POST', 'query=1%2B1')).text).toContain('"2"');
});

test('a target that fails is down, says why, and its series end', async () => {
  let isUp = true;
  prometheus.hosts.set('shop:8080', () => {
    if (!isUp) throw new Errno('ECONNREFUSED');
    return textResponse(200, 'stock 5\n');
  });
  await prometheus.configure(CONFIG).start();
  await prometheus.pass(20);
  expect(Object.values(await prometheus.query('stock'))).toEqual(['5']);
  isUp = false;
  await prometheus.pass(10);
  expect(await prometheus.query('stock')).toEqual({});
  expect(Object.values(await prometheus.query('up'))).toEqual(['0']);
  const { data } = await prometheus.api('targets');
  expect(data.activeTargets).toMatchObject([
    {
      health: 'down',
      scrapePool: 'shop',
      scrapeUrl: 'http://shop:8080/metrics',
      lastError: 'Get "http://shop:8080/metrics": dial tcp shop:8080: connect: connection refused',
    },
  ]);
  prometheus.hosts.set('shop:8080', () => textResponse(404, 'no'));
  await prometheus.pass(10);
  expect((await prometheus.api('targets')).data.activeTargets[0].lastError).toBe(
    'server returned HTTP status 404 Not Found',
  );
  // Nobody answers in time.
  prometheus.hosts.set(
    'shop:8080',
    ({ signal }) =>
      new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error))),
  );
  await prometheus.pass(20);
  expect((await prometheus.api('targets')).data.activeTargets[0].lastError).toBe(
    'Get "http://shop:8080/metrics": context deadline exceeded',
  );
});

const POD = {
  metadata: {
    name: 'shop-1',
    namespace: 'default',
    resourceVersion: '7',
    labels: { app: 'shop', 'app.kubernetes.io/version': 'v2' },
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '15020',
      'prometheus.io/path': '/stats/prometheus',
    },
  },
  spec: {
    nodeName: 'worker',
    containers: [{ name: 'shop', image: 'shop:2', ports: [{ containerPort: 80 }, { containerPort: 443 }] }],
  },
  status: { podIP: '10.244.1.7', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

const KUBERNETES = `
global: {scrape_interval: 10s}
scrape_configs:
  - job_name: kubernetes-pods
    kubernetes_sd_configs: [{role: pod}]
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape]
        action: keep
        regex: true
      - source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path]
        target_label: __metrics_path__
        regex: (.+)
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: (.+);(\\d+)
        replacement: $1:$2
        target_label: __address__
      - action: labelmap
        regex: __meta_kubernetes_pod_label_(.+)
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: noise_.*
        action: drop
`;

test('finds pods by the API, scrapes those that ask for it, and follows them', async () => {
  prometheus.files.mkdir('/var/run/secrets/kubernetes.io/serviceaccount', { recursive: true });
  prometheus.files.writeFile('/var/run/secrets/kubernetes.io/serviceaccount/token', encode('secret\n'));
  const requests: string[] = [];
  const events = Promise.withResolvers<void>();
  prometheus.hosts.set('10.96.0.1:443', ({ path, headers }) => {
    requests.push(`${path} ${headers['authorization']}`);
    if (!path.includes('watch'))
      return jsonResponse(200, {
        metadata: { resourceVersion: '9' },
        items: [POD, { ...POD, metadata: { name: 'other', namespace: 'default' } }],
      });
    return {
      status: 200,
      headers: {},
      body: (async function* () {
        await events.promise;
        yield encode(`${JSON.stringify({ type: 'DELETED', object: POD })}\n`);
        await new Promise(() => {});
      })(),
    };
  });
  prometheus.hosts.set('10.244.1.7:15020', ({ path }) =>
    path === '/stats/prometheus'
      ? textResponse(200, 'istio_requests_total{response_code="200"} 12\nnoise_total 1\n')
      : textResponse(404, ''),
  );
  await prometheus.configure(KUBERNETES).start();
  await prometheus.pass(15);
  expect(requests[0]).toBe('/api/v1/pods Bearer secret');
  expect(requests[1]).toBe('/api/v1/pods?watch=1&resourceVersion=9 Bearer secret');
  expect(await prometheus.query('{__name__=~"istio_.*|noise_.*"}')).toEqual({
    '__name__=istio_requests_total app=shop app_kubernetes_io_version=v2 instance=10.244.1.7:15020 job=kubernetes-pods pod=shop-1 response_code=200':
      '12',
  });
  const { data } = await prometheus.api('targets');
  expect(data.activeTargets).toHaveLength(1);
  expect(data.droppedTargetCounts).toEqual({ 'kubernetes-pods': 2 });
  events.resolve();
  await prometheus.pass(6);
  expect((await prometheus.api('targets')).data.activeTargets).toEqual([]);
  expect(await prometheus.query('istio_requests_total')).toEqual({});
});

test('rules: a recorded series, and an alert that is pending, fires and resolves', async () => {
  let errors = 1;
  prometheus.hosts.set('shop:8080', () => textResponse(200, `errors ${errors}\n`));
  prometheus.files.mkdir('/etc/prometheus/rules');
  prometheus.files.writeFile(
    '/etc/prometheus/rules/shop.yml',
    encode(`groups:
  - name: shop
    rules:
      - record: instance:errors:doubled
        expr: errors * 2
      - alert: TooManyErrors
        expr: errors > 0
        for: 20s
        labels: {severity: page}
        annotations: {summary: '{{ $labels.instance }} has {{ $value | humanize }} errors'}
`),
  );
  await prometheus.configure(CONFIG).start();
  await prometheus.pass(22);
  expect(Object.values(await prometheus.query('instance:errors:doubled'))).toEqual(['2']);
  const alertStates = async () =>
    (await prometheus.api('alerts')).data.alerts.map(({ state }: { state: string }) => state);
  expect(await alertStates()).toEqual(['pending']);
  await prometheus.pass(25);
  const { data } = await prometheus.api('alerts');
  expect(data.alerts).toMatchObject([
    {
      state: 'firing',
      labels: {
        alertname: 'TooManyErrors',
        instance: 'shop:8080',
        severity: 'page',
        job: 'shop',
        tier: 'front',
      },
      annotations: { summary: 'shop:8080 has 1 errors' },
      value: '1e+00',
    },
  ]);
  expect(Object.keys(await prometheus.query('ALERTS{alertstate="firing"}'))).toHaveLength(1);
  const { data: rules } = await prometheus.api('rules');
  expect(rules.groups[0].rules).toMatchObject([
    { name: 'instance:errors:doubled', type: 'recording', health: 'ok' },
    { name: 'TooManyErrors', type: 'alerting', state: 'firing' },
  ]);
  errors = 0;
  await prometheus.pass(22);
  expect(await alertStates()).toEqual([]);
});

test.each([
  [
    'query',
    { query: 'sum(' },
    400,
    'bad_data: invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  ],
  [
    'query',
    { query: 'x', time: 'noon' },
    400,
    'bad_data: invalid parameter "time": cannot parse "noon" to a valid timestamp',
  ],
  [
    'query_range',
    { query: 'x', start: '2', end: '1', step: '1' },
    400,
    'bad_data: invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    'query_range',
    { query: 'x', start: '0', end: '20000', step: '1' },
    400,
    'bad_data: exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
  ['query', { query: 'topk(NaN, vector(1))' }, 422, 'execution: Parameter value is NaN'],
  ['series', {}, 400, 'bad_data: no match[] parameter provided'],
])('%s %j is refused', async (path, parameters, status, error) => {
  await prometheus.start();
  expect(await prometheus.api(path, parameters as Record<string, string>)).toMatchObject({ status, error });
});

test.each([
  [
    'scrape_configs: [{job_name: a, scrape_intervall: 5s}]',
    'yaml: unmarshal errors:\n  line 1: field scrape_intervall not found in type config.ScrapeConfig',
  ],
  ['scrape_configs: [{job_name: a}, {job_name: a}]', 'found multiple scrape configs with job name "a"'],
  [
    'scrape_configs: [{job_name: a, scrape_interval: 5s, scrape_timeout: 8s}]',
    'scrape timeout greater than scrape interval for scrape config with job name "a"',
  ],
  ['scrape_configs: [{job_name: a, relabel_configs: [{action: move}]}]', 'unknown relabel action "move"'],
  [
    'scrape_configs: [{job_name: a, relabel_configs: [{action: keep, regex: "("}]}]',
    'error parsing regexp: missing closing ): `(`',
  ],
  [
    'scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pods}]}]',
    'unknown Kubernetes SD role "pods"',
  ],
  ['global: {scrape_interval: fast}', 'not a valid duration string: "fast"'],
])('does not start with %s', async (text, reason) => {
  const process = prometheus.configure(text).run(['prometheus', `--config.file=${CONFIGURATION}`]);
  expect(await process.exited).toBe(2);
  expect(prometheus.err).toContain(`err=${JSON.stringify(`parsing YAML file ${CONFIGURATION}: ${reason}`)}`);
});

test('HUP takes a good configuration and keeps the old one when the new one is bad', async () => {
  prometheus.hosts.set('shop:8080', () => textResponse(200, 'stock 5\n'));
  const process = await prometheus.configure(CONFIG).start();
  expect((await prometheus.get('/-/reload', 'POST')).text).toBe('Lifecycle API is not enabled.');
  prometheus.configure('scrape_configs: 3');
  process.signal('HUP');
  await prometheus.pass(12);
  expect(prometheus.err).toContain('level=ERROR msg="Error reloading config"');
  expect(Object.values(await prometheus.query('stock'))).toEqual(['5']);
  prometheus.configure(CONFIG.replace('shop', 'market'));
  process.signal('HUP');
  await prometheus.pass(12);
  expect(await prometheus.query('up')).toEqual({
    '__name__=up instance=shop:8080 job=market tier=front': '1',
  });
});

test('promtool checks configurations and rules, and asks', async () => {
  expect(await prometheus.run(['promtool', 'check', 'config', CONFIGURATION], promtool).exited).toBe(0);
  expect(prometheus.out).toContain(`SUCCESS: ${CONFIGURATION} is valid prometheus config file syntax`);
  prometheus.files.writeFile('/rules.yml', encode('groups: [{name: a, rules: [{record: b, expr: "sum("}]}]'));
  expect(await prometheus.run(['promtool', 'check', 'rules', '/rules.yml'], promtool).exited).toBe(1);
  expect(prometheus.err).toContain(
    'FAILED: group "a", rule 1, "b": could not parse expression: 1:5: parse error: unclosed left parenthesis',
  );
  await prometheus.start();
  await prometheus.pass(20);
  prometheus.out = '';
  expect(
    await prometheus.run(['promtool', 'query', 'instant', 'http://localhost:9090', 'up'], promtool).exited,
  ).toBe(0);
  expect(prometheus.out).toMatch(
    /^up\{app="prometheus", instance="localhost:9090", job="prometheus"\} => 1 @\[/,
  );
});
