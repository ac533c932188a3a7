import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Emitter } from '../../core/emitter.ts';
import { memoryChannels, type Channel } from '../remote/channel.ts';
import { serveSession } from '../remote/serve-session.ts';
import type { ExerciseStart, Session, SessionStatus } from '../runtime.ts';
import { kindRuntime } from './kind-runtime.ts';

const START: ExerciseStart = {
  id: 'orchestration/reconcile',
  version: '1',
  files: {},
  manifests: [],
  namespace: 'default',
  nodes: 1,
};

const statuses = new Emitter<SessionStatus>();
const session = {
  status: { phase: 'starting', message: 'Preparing nodes' },
  onStatus: statuses.event,
  close: async () => statuses.fire({ phase: 'closed', message: 'The session was closed.' }),
} as unknown as Session;

/** The platform's WebSocket, as far as the channel uses it, with a served session behind it. */
class PageSocket extends EventTarget {
  static readonly OPEN = 1;
  static urls: string[] = [];
  readyState = 0;
  bufferedAmount = 0;
  #far: Channel;
  constructor(url: string) {
    super();
    PageSocket.urls.push(url);
    const [near, far] = memoryChannels();
    this.#far = near;
    serveSession(session, far);
    near.onFrame((frame) =>
      this.dispatchEvent(new MessageEvent('message', { data: frame.slice().buffer as ArrayBuffer })),
    );
    queueMicrotask(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event('open'));
    });
  }
  send(frame: Uint8Array) {
    this.#far.send(frame);
  }
  close() {
    this.#far.close();
    this.dispatchEvent(Object.assign(new Event('close'), { reason: '' }));
  }
}

let stored: Map<string, string>;
let requests: string[];
let answers: Record<string, () => Response>;

beforeEach(() => {
  stored = new Map();
  requests = [];
  PageSocket.urls = [];
  vi.stubGlobal('WebSocket', PageSocket);
  vi.stubGlobal('location', { href: 'http://127.0.0.1:4321/learn/orchestration/reconcile/' });
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    const request = `${init?.method ?? 'GET'} ${url}`;
    requests.push(request);
    const answer = answers[request];
    if (!answer) throw new TypeError('fetch failed');
    return answer();
  });
});

afterEach(() => vi.unstubAllGlobals());

const created = () => Response.json({ id: 'abc', version: '1', status: session.status }, { status: 201 });

test.each([
  {
    name: 'the service offers it',
    answer: () => Response.json({ kind: { available: true } }),
    want: { available: true },
  },
  {
    name: 'the service says why not',
    answer: () => Response.json({ kind: { available: false, reason: 'No container engine.' } }),
    want: { available: false, reason: 'No container engine.' },
  },
  {
    name: 'a static host answers with its own page',
    answer: () => new Response('<h1>Not found</h1>', { status: 404 }),
    want: { available: false, reason: expect.stringContaining('without it') },
  },
  {
    name: 'a static host answers with a page for everything',
    answer: () => new Response('<h1>Welcome</h1>'),
    want: { available: false, reason: expect.stringContaining('without it') },
  },
])('available: $name', async ({ answer, want }) => {
  answers = { 'GET /api/runtimes': answer };
  expect(await kindRuntime('/api/').available()).toEqual(want);
});

test('available: nobody answers', async () => {
  answers = {};
  expect(await kindRuntime('/api/').available()).toMatchObject({ available: false });
});

test('open makes a session, connects at once and remembers it', async () => {
  answers = { 'POST /api/sessions': created };
  const opened = await kindRuntime('/api/').open(START);
  expect(opened.status).toEqual({ phase: 'starting', message: 'Preparing nodes' });
  expect(PageSocket.urls).toEqual(['ws://127.0.0.1:4321/api/sessions/abc/connect']);
  expect([...stored]).toEqual([['slipway.kind.orchestration/reconcile', 'abc']]);
  await opened.close();
  expect([...stored]).toEqual([]);
});

test('open continues the session of before', async () => {
  stored.set('slipway.kind.orchestration/reconcile', 'abc');
  answers = {
    'GET /api/sessions/abc': () => Response.json({ id: 'abc', version: '1', status: { phase: 'ready' } }),
  };
  await kindRuntime('/api/').open(START);
  expect(requests).toEqual(['GET /api/sessions/abc']);
});

test.each([
  {
    name: 'of an older version',
    answer: () => Response.json({ id: 'old', version: '0', status: { phase: 'ready' } }),
    deletes: true,
  },
  {
    name: 'that failed',
    answer: () => Response.json({ id: 'old', version: '1', status: { phase: 'failed' } }),
    deletes: true,
  },
  {
    name: 'that is gone',
    answer: () => Response.json({ message: 'There is no such session.' }, { status: 404 }),
    deletes: false,
  },
])('a session $name is replaced', async ({ answer, deletes }) => {
  stored.set('slipway.kind.orchestration/reconcile', 'old');
  answers = {
    'GET /api/sessions/old': answer,
    'DELETE /api/sessions/old': () => new Response(null, { status: 204 }),
    'POST /api/sessions': created,
  };
  await kindRuntime('/api/').open(START);
  expect(requests.includes('DELETE /api/sessions/old')).toBe(deletes);
  expect(stored.get('slipway.kind.orchestration/reconcile')).toBe('abc');
});

test('open rejects with the reason of the service', async () => {
  answers = {
    'POST /api/sessions': () =>
      Response.json({ message: 'All 2 real clusters are in use.' }, { status: 503 }),
  };
  await expect(kindRuntime('/api/').open(START)).rejects.toThrow('All 2 real clusters are in use.');
});
