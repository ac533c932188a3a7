import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../core/clock.ts';
import { Emitter } from '../core/emitter.ts';
import type { ExerciseStart, SessionStatus } from '../runtimes/runtime.ts';
import { createServer } from './server.ts';
import { SessionRegistry, type OwnedSession } from './session/session-registry.ts';
import { readSettings } from './settings.ts';

const START: ExerciseStart = {
  id: 'orchestration/reconcile',
  version: '1',
  files: { 'web.yaml': 'kind: Pod' },
  manifests: [],
  namespace: 'default',
  nodes: 1,
};
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5000))})`;

let folder: string;
let server: FastifyInstance;
let trouble: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-site-'));
  const site = join(folder, 'dist');
  mkdirSync(join(site, '_astro'), { recursive: true });
  mkdirSync(join(site, 'learn'), { recursive: true });
  writeFileSync(join(site, 'index.html'), '<h1>Slipway</h1>');
  writeFileSync(join(site, '404.html'), '<h1>Not here</h1>');
  writeFileSync(join(site, 'learn/index.html'), '<h1>Contents</h1>');
  writeFileSync(join(site, '_astro/page.abc123.js'), SCRIPT);
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(site, '.hidden'), 'hidden');
  const settings = readSettings({ SLIPWAY_MAX_SESSIONS: '1' });
  const registry = new SessionRegistry(
    {
      create: (identity) => {
        const statuses = new Emitter<SessionStatus>();
        const status: SessionStatus = { phase: 'starting', message: 'Preparing nodes' };
        return {
          identity,
          status,
          onStatus: statuses.event,
          end: async () => {},
          leave: () => {},
        } as unknown as OwnedSession;
      },
      recover: async () => undefined,
      traces: async () => [],
      remove: async () => {},
    },
    settings.limits,
    'test',
    new ManualClock(),
  );
  server = await createServer({
    site,
    address: '127.0.0.1',
    hosts: ['slipway.example'],
    registry,
    limits: settings.limits,
    trouble: async () => trouble,
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const ask = (options: InjectOptions) =>
  server.inject({ ...options, headers: { host: '127.0.0.1:4321', ...options.headers } });

test('pages are asked about each time, and cost nothing when unchanged', async () => {
  const page = await ask({ url: '/' });
  expect([page.statusCode, page.headers['content-type'], page.headers['cache-control'], page.body]).toEqual([
    200,
    'text/html; charset=utf-8',
    'no-cache',
    '<h1>Slipway</h1>',
  ]);
  const again = await ask({ url: '/', headers: { 'if-none-match': page.headers.etag as string } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test('an asset named by its contents is kept for ever, and compressed for who takes it', async () => {
  const url = '/_astro/page.abc123.js';
  const plain = await ask({ url });
  expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(plain.body).toBe(SCRIPT);
  const small = await ask({ url, headers: { 'accept-encoding': 'br, gzip' } });
  expect(small.headers['content-encoding']).toBe('gzip');
  expect(small.rawPayload.length).toBeLessThan(200);
  expect(gunzipSync(small.rawPayload).toString()).toBe(SCRIPT);
});

test('a folder without its slash is redirected, query and all', async () => {
  const response = await ask({ url: '/learn?x=1' });
  expect([response.statusCode, response.headers.location]).toEqual([301, '/learn/?x=1']);
  expect((await ask({ url: '/learn/' })).body).toBe('<h1>Contents</h1>');
});

test('what is not there is a page with 404', async () => {
  const response = await ask({ url: '/no/such/page' });
  expect([response.statusCode, response.body]).toEqual([404, '<h1>Not here</h1>']);
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/learn/..%2f..%2fsecret.txt',
  '/..%5csecret.txt',
  '/.hidden',
  '/%00',
  '/%zz',
  '//secret.txt',
  '/learn/%2e%2e/%2e%2e/secret.txt',
])('%s does not leave the site', async (url) => {
  const response = await ask({ url });
  expect([400, 404]).toContain(response.statusCode);
  expect(response.body).not.toContain('secret');
});

test.each([
  { name: 'loopback by number', host: '127.0.0.1:4321', status: 200 },
  { name: 'loopback by name', host: 'localhost:80', status: 200 },
  { name: 'IPv6 loopback', host: '[::1]:4321', status: 200 },
  { name: 'a name that was allowed', host: 'Slipway.example', status: 200 },
  { name: 'a name that was rebound', host: 'evil.example:4321', status: 403 },
  { name: 'another address', host: '10.0.0.1', status: 403 },
])('Host: $name', async ({ host, status }) => {
  expect((await ask({ url: '/', headers: { host } })).statusCode).toBe(status);
});

test.each([
  { name: 'its own', origin: 'http://127.0.0.1:4321', allowed: true },
  { name: 'another site', origin: 'http://evil.example', allowed: false },
  { name: 'another port', origin: 'http://127.0.0.1:8080', allowed: false },
  { name: 'a sandboxed frame', origin: 'null', allowed: false },
])('Origin of a change of state: $name', async ({ origin, allowed }) => {
  for (const [method, url] of [
    ['POST', '/api/sessions'],
    ['DELETE', '/api/sessions/x'],
  ] as const) {
    const response = await ask({
      method,
      url,
      headers: { origin },
      ...(method === 'POST' ? { payload: {} } : {}),
    });
    expect(response.statusCode === 403).toBe(!allowed);
  }
  const upgrade = await ask({
    url: '/api/sessions/x/connect',
    headers: { origin, upgrade: 'websocket', connection: 'upgrade' },
  });
  expect(upgrade.statusCode === 403).toBe(!allowed);
});

test('runtimes says whether a real cluster can be had, and why not', async () => {
  expect((await ask({ url: '/api/runtimes' })).json()).toMatchObject({
    kind: { available: true, limits: { sessions: 1 } },
  });
  trouble = 'The container engine does not answer.';
  expect((await ask({ url: '/api/runtimes' })).json()).toMatchObject({
    kind: { available: false, reason: trouble },
  });
  const made = await ask({ method: 'POST', url: '/api/sessions', payload: { start: START } });
  expect([made.statusCode, made.json()]).toEqual([503, { message: trouble }]);
  trouble = undefined;
});

test('a start with mistakes is refused with each of them', async () => {
  const response = await ask({
    method: 'POST',
    url: '/api/sessions',
    payload: { start: { ...START, nodes: 50, namespace: 'Not A Name', files: { a: 1 } } },
  });
  expect(response.statusCode).toBe(400);
  expect(response.json().message.split('\n')).toEqual([
    'start.files: expected texts by path, received {"a":1}',
    'start.namespace: expected a name of a namespace, received "Not A Name"',
    'start.nodes: expected 1 to 5, received 50',
  ]);
});

test('a session: made, looked at, ended, each only with its token', async () => {
  const made = await ask({ method: 'POST', url: '/api/sessions', payload: { start: START } });
  expect(made.statusCode).toBe(201);
  const { id, token } = made.json();
  const cookie = made.headers['set-cookie'] as string;
  expect(cookie).toBe(`slipway-session=${token}; Path=/api/sessions/${id}; HttpOnly; SameSite=Strict`);
  expect(made.headers['cache-control']).toBe('no-store');

  const full = await ask({ method: 'POST', url: '/api/sessions', payload: { start: START } });
  expect([full.statusCode, full.json().message]).toEqual([503, expect.stringContaining('in use')]);

  const url = `/api/sessions/${id}`;
  const statuses = await Promise.all(
    [
      {},
      { authorization: 'Bearer wrong' },
      { cookie: `slipway-session=${'A'.repeat(43)}` },
      { authorization: `Bearer ${token}` },
      { cookie: `theme=dark; slipway-session=${token}` },
    ].map(async (headers) => (await ask({ url, headers })).statusCode),
  );
  expect(statuses).toEqual([404, 404, 404, 200, 200]);
  const seen = (await ask({ url, headers: { authorization: `Bearer ${token}` } })).json();
  expect(seen).toEqual({
    id,
    exercise: START.id,
    version: '1',
    status: { phase: 'starting', message: 'Preparing nodes' },
  });
  expect((await ask({ method: 'DELETE', url })).statusCode).toBe(404);
  const authorization = `Bearer ${token}`;
  expect((await ask({ method: 'DELETE', url, headers: { authorization } })).statusCode).toBe(204);
  expect((await ask({ url, headers: { authorization } })).statusCode).toBe(404);
});

test('an API path that is not there is no page', async () => {
  const response = await ask({ method: 'POST', url: '/api/no-such', payload: {} });
  expect([response.statusCode, response.json()]).toEqual([
    404,
    { message: 'There is no POST /api/no-such.' },
  ]);
});

test('a refused upgrade does not keep the server from closing', async () => {
  const registry = new SessionRegistry(
    {} as unknown as ConstructorParameters<typeof SessionRegistry>[0],
    readSettings({}).limits,
    'test',
    new ManualClock(),
  );
  const own = await createServer({
    site: folder,
    address: '127.0.0.1',
    hosts: [],
    registry,
    limits: readSettings({}).limits,
    trouble: async () => undefined,
  });
  await own.listen({ host: '127.0.0.1', port: 0 });
  const { port } = own.server.address() as AddressInfo;
  for (const headers of [{ origin: 'http://evil.example' }, { authorization: 'Bearer wrong' }]) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/sessions/x/connect`, { headers });
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toMatch(/Unexpected server response: 40[34]/);
  }
  await own.close();
  expect(own.server.listening).toBe(false);
});
