/**
 * The service with a real engine: a session over HTTP and a WebSocket, found again after a restart, left alone
 * by other services, refused what leads out of it, gone when its time is up.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {} from '@fastify/websocket';
import type Docker from 'dockerode';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../core/clock.ts';
import { decode, encode } from '../core/bytes.ts';
import { TerminalDriver } from '../runtimes/contract/terminal-driver.ts';
import { connectSession } from '../runtimes/remote/connect-session.ts';
import type { ExerciseStart, Session } from '../runtimes/runtime.ts';
import { connectEngine } from './engine/engine.ts';
import { webSocketChannel } from './http/websocket-channel.ts';
import { createServer } from './server.ts';
import { KindSource } from './session/kind-source.ts';
import { SessionRegistry } from './session/session-registry.ts';
import { readSettings } from './settings.ts';

const START: ExerciseStart = {
  id: 'orchestration/lifecycle',
  version: '1',
  files: { 'hello.txt': 'hello\n' },
  manifests: ['apiVersion: v1\nkind: ConfigMap\nmetadata: {name: given}\n'],
  namespace: 'shop',
  nodes: 1,
};
const INSTANCE = `test-${process.pid}`;
const MINUTE_MS = 60_000;

interface Service {
  server: FastifyInstance;
  registry: SessionRegistry;
  clock: ManualClock;
  url: string;
}

let site: string;
let engine: Docker;
let service: Service;
let id: string;
let token: string;
let session: Session;

async function startService(instance: string): Promise<Service> {
  const settings = readSettings({
    ...process.env,
    SLIPWAY_MAX_SESSIONS: '1',
    SLIPWAY_SESSION_MINUTES: '60',
    SLIPWAY_IDLE_MINUTES: '10',
  });
  const clock = new ManualClock(Date.now());
  const registry = new SessionRegistry(new KindSource(engine, settings), settings.limits, instance, clock);
  const options = { site, address: '127.0.0.1', hosts: [], registry, limits: settings.limits };
  const server = await createServer({ ...options, trouble: async () => undefined });
  await server.listen({ host: '127.0.0.1', port: 0 });
  await registry.start();
  return {
    server,
    registry,
    clock,
    url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
  };
}

function openSocket(headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/api/sessions/${id}/connect`, {
    headers,
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** As a page connects: with its cookie and its origin. */
async function connect(): Promise<Session> {
  const socket = await openSocket({ cookie: `slipway-session=${token}`, origin: service.url });
  return connectSession(webSocketChannel(socket));
}

async function onEngine(): Promise<string[]> {
  const [containers, networks] = await Promise.all([
    engine.listContainers({ all: true }),
    engine.listNetworks(),
  ]);
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)].filter((name) =>
    name.includes(id),
  );
}

beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), 'slipway-site-'));
  writeFileSync(join(site, 'index.html'), '<h1>Slipway</h1>');
  engine = connectEngine();
  service = await startService(INSTANCE);
});

afterAll(async () => {
  await service.registry.endAll('The test is over.');
  await service.server.close();
  rmSync(site, { recursive: true });
});

test('a session is there at once, tells its steps and becomes ready', async () => {
  const response = await fetch(`${service.url}/api/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: service.url },
    body: JSON.stringify({ start: START }),
  });
  expect(response.status).toBe(201);
  ({ id, token } = (await response.json()) as { id: string; token: string });
  session = await connect();
  expect(session.status.phase).toBe('starting');
  const steps: string[] = [];
  await new Promise<void>((resolve, reject) => {
    session.onStatus((status) => {
      if (status.steps) steps.splice(0, steps.length, ...status.steps);
      if (status.phase === 'ready') resolve();
      if (status.phase === 'failed') reject(new Error(status.message));
    });
  });
  expect(steps).toEqual(
    expect.arrayContaining(['Preparing nodes', 'Starting control-plane', 'Waiting for cluster DNS']),
  );
});

test('one over the limit is refused with a sentence', async () => {
  const answer = await (await fetch(`${service.url}/api/runtimes`)).json();
  expect(answer).toMatchObject({ kind: { available: false, reason: expect.stringContaining('in use') } });
});

test.each([
  { name: 'without a token', headers: () => ({ origin: service.url }) },
  { name: 'with a wrong token', headers: () => ({ authorization: 'Bearer wrong', origin: service.url }) },
  {
    name: 'from a foreign page',
    headers: () => ({ cookie: `slipway-session=${token}`, origin: 'http://evil.example' }),
  },
])('nobody connects $name', async ({ headers }) => {
  await expect(openSocket(headers())).rejects.toThrow(/Unexpected server response: 40[34]/);
});

test('containers have their limits, and the toolbox has no privilege', async () => {
  const node = await engine.getContainer(`slipway-${id}-control-plane`).inspect();
  expect(node.HostConfig).toMatchObject({ Memory: 3072 * 2 ** 20, NanoCpus: 2e9, PidsLimit: 4096 });
  const toolbox = await engine.getContainer(`slipway-${id}-toolbox`).inspect();
  expect(toolbox.HostConfig).toMatchObject({
    Memory: 512 * 2 ** 20,
    NanoCpus: 1e9,
    PidsLimit: 256,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
  });
  expect([toolbox.Config.User, toolbox.Mounts]).toEqual(['learner', []]);
  const terminal = await TerminalDriver.open(session);
  const { output } = await terminal.run(
    'id -un; ls /var/run/docker.sock; command grep CapEff: /proc/self/status',
  );
  expect(output).toContain('learner\n');
  expect(output).toContain('docker.sock');
  expect(output).toContain('No such file or directory');
  expect(output).toMatch(/CapEff:\s+0000000000000000\n/);
  terminal.connection.close();
});

const refusals = [
  {
    name: 'a privileged pod',
    command: `kubectl run x --image=busybox:1 --privileged`,
    says: 'violates PodSecurity "baseline',
  },
  {
    name: 'a pod with a path of the node',
    command: `kubectl run x --image=busybox:1 --overrides='{"spec":{"volumes":[{"name":"h","hostPath":{"path":"/"}}]}}'`,
    says: 'violates PodSecurity "baseline',
  },
  {
    name: 'a namespace that is labelled privileged',
    command: 'kubectl label namespace shop pod-security.kubernetes.io/enforce=privileged',
    says: 'on this sandbox baseline or restricted',
  },
  {
    name: 'a volume of the node',
    command: `echo '{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"x"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],"hostPath":{"path":"/"}}}' | kubectl apply -f -`,
    says: 'would reach into the node',
  },
  {
    name: 'a pod in kube-system',
    command: 'kubectl -n kube-system run x --image=busybox:1',
    says: 'belongs to the cluster itself',
  },
  {
    name: 'exec in kube-system',
    command: 'kubectl -n kube-system exec deploy/coredns -- ls',
    says: 'belongs to the cluster itself',
  },
  {
    name: 'a token of kube-system',
    command: 'kubectl -n kube-system create token default',
    says: 'belongs to the cluster itself',
  },
  {
    name: 'the end of a namespace of the cluster',
    command: 'kubectl delete namespace local-path-storage',
    says: 'belongs to the cluster itself',
  },
  {
    name: 'the kubelet',
    command: 'kubectl get --raw /api/v1/nodes/$(kubectl get nodes -o name | cut -d/ -f2)/proxy/pods',
    says: 'nodes/proxy',
  },
  { name: 'somebody else', command: 'kubectl get pods --as system:admin', says: 'cannot impersonate' },
  {
    name: 'all rights',
    command: 'kubectl create clusterrolebinding x --clusterrole=cluster-admin --user=learner',
    says: 'attempting to grant RBAC permissions not currently held',
  },
  {
    name: 'the policies that refuse all this',
    command: 'kubectl delete validatingadmissionpolicybinding slipway-system-namespaces',
    says: 'cannot delete resource',
  },
];

test.each(refusals)('refused: $name', async ({ command, says }) => {
  const terminal = await TerminalDriver.open(session);
  const { output, exitCode } = await terminal.run(command);
  terminal.connection.close();
  expect(output.replaceAll('\n', ' ')).toContain(says);
  expect(exitCode).toBe(1);
});

test('after a restart of the service the session goes on', async () => {
  await session.files.write('kept.txt', encode('kept\n'));
  const before = service;
  const ended = new Promise<string>((resolve) =>
    session.onStatus(({ phase, message }) => resolve(`${phase}: ${message}`)),
  );
  before.registry.leave();
  await before.server.close();
  expect(await ended).toMatch(/^failed: /);

  service = await startService(INSTANCE);
  session = await connect();
  expect(session.status).toMatchObject({ phase: 'ready' });
  expect(decode(await session.files.read('kept.txt'))).toBe('kept\n');
  const terminal = await TerminalDriver.open(session);
  const { output } = await terminal.run('kubectl get configmap given -o name; cat kept.txt');
  expect(output).toBe('configmap/given\nkept\n');
  const events: string[] = [];
  session.audit.watch(({ verb, objectRef }) =>
    events.push(`${verb} ${objectRef?.namespace}/${objectRef?.name}`),
  );
  await expect.poll(() => events, { timeout: 10_000 }).toContain('get shop/given');
});

test('another service on the same engine leaves it alone', async () => {
  const other = await startService(`${INSTANCE}-other`);
  await other.server.close();
  expect((await onEngine()).length).toBe(3);
});

test('when nobody has been connected for a while, nothing is left', async () => {
  const closed = new Promise<void>((resolve) =>
    session.onStatus(({ phase }) => void (phase === 'failed' && resolve())),
  );
  // The page goes away.
  for (const client of service.server.websocketServer.clients) client.terminate();
  await closed;
  await service.clock.advance(11 * MINUTE_MS);
  await expect.poll(onEngine, { timeout: 60_000 }).toEqual([]);
  const response = await fetch(`${service.url}/api/sessions/${id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(404);
});
