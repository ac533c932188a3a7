/**
 * An engine that dies while it makes a cluster, and comes back. The engine itself is left in peace: what dies
 * is the way to it, a socket in between that the service and kind are pointed at.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExerciseStart, SessionStatus } from '../runtimes/runtime.ts';
import { connectEngine, engineTrouble } from './engine/engine.ts';
import { nameOf, toLabels } from './engine/labels.ts';
import { newIdentity } from './session/identity.ts';
import { KindSource } from './session/kind-source.ts';
import { SessionRegistry } from './session/session-registry.ts';
import { readSettings } from './settings.ts';
import { wallClock } from './wall-clock.ts';

const START: ExerciseStart = {
  id: 'orchestration/failure',
  version: '1',
  files: {},
  manifests: [],
  namespace: 'default',
  nodes: 1,
};
const REAL_SOCKET = '/var/run/docker.sock';

let folder: string;
let path: string;
let between: Server;
const sockets = new Set<Socket>();
/** The engine by its own socket. */
const real = new Docker({ socketPath: REAL_SOCKET });
const dockerHost = process.env['DOCKER_HOST'];

function openWay(): Promise<void> {
  // A client that has said all it has to say still wants the answer.
  between = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: REAL_SOCKET, allowHalfOpen: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
    }
    near.pipe(far);
    far.pipe(near);
  });
  return new Promise((resolve) => between.listen(path, resolve));
}

function cutWay(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => between.close(() => resolve()));
}

async function onEngine(id: string): Promise<string[]> {
  const [containers, networks] = await Promise.all([real.listContainers({ all: true }), real.listNetworks()]);
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)].filter((name) =>
    name.includes(id),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
  path = join(folder, 'docker.sock');
  await openWay();
  process.env['DOCKER_HOST'] = `unix://${path}`;
});

afterAll(async () => {
  if (dockerHost === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = dockerHost;
  await cutWay().catch(() => {});
  rmSync(folder, { recursive: true });
});

test('the session fails in words, the service lives, and what was half made is removed', async () => {
  const engine = connectEngine();
  const settings = readSettings(process.env);
  const registry = new SessionRegistry(
    new KindSource(engine, settings),
    settings.limits,
    `test-failure-${process.pid}`,
    wallClock,
  );
  const { session, token } = registry.create(START, 'me');
  const { id } = session.identity;
  const failed = new Promise<SessionStatus>((resolve) =>
    session.onStatus((status) => {
      if (status.message === 'Starting control-plane') void cutWay();
      if (status.phase === 'failed') resolve(status);
    }),
  );
  const status = await failed;
  expect(status.message).toMatch(
    /^The cluster could not be made at “Starting control-plane”: kind create cluster: exit 1/,
  );
  expect(status.message).toContain('The embedded cluster works without it.');
  expect(registry.find(id, token)?.status.phase).toBe('failed');
  expect(await engineTrouble(engine)).toMatch(/container engine/);
  await expect(session.kube.fetch({ method: 'GET', path: '/api', headers: {} })).rejects.toThrow(
    'could not be made',
  );
  expect(await onEngine(id)).not.toEqual([]);

  await openWay();
  expect(await engineTrouble(engine)).toBeUndefined();
  await registry.sweep();
  expect(await onEngine(id)).toEqual([]);
  await registry.endAll('The test is over.');
});

test('what nobody owns is removed by name and label; what only looks like it is not', async () => {
  const settings = readSettings(process.env);
  const engine = connectEngine();
  const instance = `test-unowned-${process.pid}`;
  const identityOf = (owner: string, nowMs: number) =>
    newIdentity({ instance: owner, client: 'me', start: START, nowMs, sessionMinutes: 60 }).identity;
  const abandoned = identityOf(instance, Date.now());
  const expired = identityOf('somebody', Date.now() - 3 * 3_600_000);
  const others = identityOf('somebody', Date.now());
  for (const identity of [abandoned, expired, others]) {
    await real.createNetwork({ Name: nameOf(identity.id), Labels: toLabels(identity) });
  }
  const lookalike = `slipway-mine-${process.pid}`;
  await real.createNetwork({ Name: lookalike });
  try {
    const registry = new SessionRegistry(
      new KindSource(engine, settings),
      settings.limits,
      instance,
      wallClock,
    );
    await registry.start();
    registry.leave();
    const left = (await real.listNetworks()).map(({ Name }) => Name);
    expect([abandoned, expired, others].map(({ id }) => left.includes(nameOf(id)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(left).toContain(lookalike);
  } finally {
    await real.getNetwork(lookalike).remove();
    await real.getNetwork(nameOf(others.id)).remove();
  }
});
