/** The API server alone: small writes and reads in process, watchers, and what a client sees over HTTPS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '../../sandbox/core/bytes.ts';
import { RealClock } from '../../sandbox/core/clock.ts';
import { readBody, type HttpOrigin } from '../../sandbox/core/http.ts';
import { Random } from '../../sandbox/core/random.ts';
import { ApiServer } from '../../sandbox/cluster/apiserver/api-server.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import type { ConfigMap, Pod } from '../../sandbox/cluster/client/kinds.ts';
import { CONFIG_MAPS, PODS, SERVICE_ACCOUNTS } from '../../sandbox/cluster/client/resources.ts';
import { createCertificates } from '../../sandbox/cluster/serve/certificates.ts';
import { HttpsFront } from '../../sandbox/cluster/serve/https-front.ts';
import { kubeconfigOf } from '../../sandbox/cluster/serve/kubeconfig.ts';
import { httpsOrigin } from '../transcripts/https-origin.ts';
import type { Report } from './measurement.ts';
import { median, percentile } from './samples.ts';
import { timed } from './stopwatch.ts';

const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const CREATES = 20_000;
const GETS = 50_000;
const WATCHERS = 1000;
/** Streams that a connection has at most. */
const STREAMS = 250;
const NEWLINE = 10;
const LISTED_PODS = 5000;
const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export async function measure(report: Report): Promise<void> {
  const api = new ApiServer({ clock: new RealClock(), random: new Random(1) });
  const client = new Client(api, { user: ADMINISTRATOR });
  await inProcess(client, report);
  await watchers(client, report);
  await overHttps(api, client, report);
}

const small = (name: string): ConfigMap => ({
  metadata: { namespace: 'default', name },
  data: { key: 'value' },
});

async function inProcess(client: Client, report: Report): Promise<void> {
  for (let i = 0; i < 2000; i++) await client.create(CONFIG_MAPS, small(`first-${i}`));
  const creates = await timed(async () => {
    for (let i = 0; i < CREATES; i++) await client.create(CONFIG_MAPS, small(`small-${i}`));
  });
  const gets = await timed(async () => {
    for (let i = 0; i < GETS; i++)
      await client.get(CONFIG_MAPS, { namespace: 'default', name: `small-${i % CREATES}` });
  });
  const rates = [
    { name: 'small creates in process', count: CREATES, took: creates, goal: 20_000 },
    { name: 'gets in process', count: GETS, took: gets, goal: 50_000 },
  ];
  for (const { name, count, took, goal } of rates) {
    report({
      name,
      value: (count * 1000) / took.wallMs,
      unit: '1/s',
      goal,
      atLeast: true,
      cpuMs: took.cpuMs,
    });
  }
}

/** From a write until the last of 1,000 watchers of the resource has its event. */
async function watchers(client: Client, report: Report): Promise<void> {
  let told: (() => void) | undefined;
  let left = 0;
  const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 });
  const watches = Array.from({ length: WATCHERS }, () =>
    client.watch(
      CONFIG_MAPS,
      { namespace: 'default', resourceVersion: metadata.resourceVersion },
      (events) => {
        left -= events.length;
        if (left === 0) told?.();
      },
      () => {},
    ),
  );
  const samples: number[] = [];
  for (let i = 0; i < 30; i++) {
    left = WATCHERS;
    const all = new Promise<void>((resolve) => (told = resolve));
    const { wallMs } = await timed(async () => {
      await client.create(CONFIG_MAPS, small(`watched-${i}`));
      await all;
    });
    samples.push(wallMs);
  }
  for (const watch of watches) watch.dispose();
  const value = median(samples);
  report({ name: 'an event reaches 1,000 watchers', value, unit: 'ms', goal: 20, samples });
}

/** Client and server are in this one thread, TLS included: an upper bound. */
async function overHttps(api: ApiServer, client: Client, report: Report): Promise<void> {
  const certificates = await createCertificates(['127.0.0.1']);
  const front = new HttpsFront({ certificates, origin: () => api.origin(ADMINISTRATOR) });
  const port = await front.listen(0, '127.0.0.1');
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const { authority, administrator: user } = certificates;
  const server = `https://127.0.0.1:${port}`;
  await writeFile(kubeconfig, kubeconfigOf({ name: 'bench', server, authority, user }));
  const origin = httpsOrigin(kubeconfig);
  try {
    await httpsCreates(origin, report);
    await httpsWatchers(client, server, report);
    await podsAsTable(client, origin, report);
  } finally {
    origin.close();
    await front.close();
    await rm(folder, { recursive: true });
  }
}

/** Opens a watch; resolves once its head is there. `onLine` is told each event. */
type OpenWatch = (path: string, onLine: () => void) => Promise<() => void>;

/** A connection for every watch, as clients have that know no better. */
function overHttp1(server: string): OpenWatch {
  const agent = new Agent({ rejectUnauthorized: false });
  return (path, onLine) =>
    new Promise((resolve, reject) => {
      const sent = request(`${server}${path}`, { agent }, (response) => {
        response.on('data', (chunk: Buffer) => countLines(chunk, onLine));
        resolve(() => response.destroy());
      });
      sent.on('error', reject);
      sent.end();
    });
}

/** A few connections for all watches, as Go's clients have. */
function overHttp2(server: string): OpenWatch {
  const sessions: ClientHttp2Session[] = [];
  let opened = 0;
  return (path, onLine) =>
    new Promise((resolve, reject) => {
      if (opened++ % STREAMS === 0) sessions.push(connect(server, { rejectUnauthorized: false }));
      const session = sessions.at(-1)!;
      const stream = session.request({ ':path': path });
      stream.on('data', (chunk: Buffer) => countLines(chunk, onLine));
      stream.on('response', () =>
        resolve(() => {
          stream.close();
          session.close();
        }),
      );
      stream.on('error', reject);
    });
}

function countLines(chunk: Buffer, onLine: () => void): void {
  for (const byte of chunk) if (byte === NEWLINE) onLine();
}

/** From a write until the last of 1,000 watchers has read its event, TLS both ways included. */
async function httpsWatchers(client: Client, server: string, report: Report): Promise<void> {
  const protocols = [
    ['HTTP/2', overHttp2(server)],
    ['HTTP/1.1', overHttp1(server)],
  ] as const;
  for (const [protocol, open] of protocols) {
    let told: (() => void) | undefined;
    let left = 0;
    const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default', limit: 1 });
    const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${metadata.resourceVersion}`;
    const closes: (() => void)[] = [];
    for (let i = 0; i < WATCHERS; i++) closes.push(await open(path, () => --left === 0 && told?.()));
    const samples: number[] = [];
    let cpuMs = 0;
    for (let i = 0; i < 30; i++) {
      left = WATCHERS;
      const all = new Promise<void>((resolve) => (told = resolve));
      const took = await timed(async () => {
        await client.create(CONFIG_MAPS, small(`over-${protocol.replace(/\W/g, '').toLowerCase()}-${i}`));
        await all;
      });
      samples.push(took.wallMs);
      cpuMs += took.cpuMs / 30;
    }
    for (const close of closes) close();
    const name = `an event reaches 1,000 watchers over ${protocol}, client included`;
    report({ name, value: median(samples), unit: 'ms', goal: 20, cpuMs, samples });
  }
}

async function httpsCreates(origin: HttpOrigin, report: Report): Promise<void> {
  const samples: number[] = [];
  for (let i = 0; i < 1200; i++) {
    const { wallMs } = await timed(() => createOverHttps(origin, `https-${i}`));
    // The first ones wait for the compiler.
    if (i >= 200) samples.push(wallMs);
  }
  const value = percentile(samples, 99);
  report({ name: 'a create over HTTPS, p99', value, unit: 'ms', goal: 3, samples: [median(samples), value] });
}

async function createOverHttps(origin: HttpOrigin, name: string): Promise<void> {
  const response = await origin.fetch({
    method: 'POST',
    path: '/api/v1/namespaces/default/configmaps',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: encode(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...small(name) })),
  });
  const body = await readBody(response);
  if (response.status !== 201) throw new Error(`create of ${name}: ${response.status} ${decode(body)}`);
}

async function podsAsTable(client: Client, origin: HttpOrigin, report: Report): Promise<void> {
  await client.create(SERVICE_ACCOUNTS, { metadata: { namespace: 'default', name: 'default' } });
  for (let i = 0; i < LISTED_PODS; i++) await client.create(PODS, waiting(`pod-${i}`));
  const samples: number[] = [];
  for (let i = 0; i < 7; i++) {
    const { wallMs } = await timed(async () => {
      const response = await origin.fetch({
        method: 'GET',
        path: '/api/v1/namespaces/default/pods',
        headers: { accept: AS_TABLE },
      });
      const { kind, rows } = JSON.parse(decode(await readBody(response))) as {
        kind: string;
        rows: unknown[];
      };
      if (kind !== 'Table' || rows.length !== LISTED_PODS)
        throw new Error(`the server answered a ${kind} of ${rows?.length} rows`);
    });
    samples.push(wallMs);
  }
  report({
    name: '5,000 pods as a Table over HTTPS, parsed',
    value: median(samples),
    unit: 'ms',
    goal: 150,
    samples,
  });
}

const waiting = (name: string): Pod => ({
  metadata: { namespace: 'default', name, labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'busybox:1', command: ['sleep', '36000'] }] },
});
