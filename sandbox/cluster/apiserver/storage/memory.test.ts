/** What storage and watches keep: measured on the heap, after a collection. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { ApiServer } from '../api-server.ts';
import { share } from './share.ts';
import { Store } from './store.ts';

/** A heap is measured by collecting it, which takes its time on a machine that is busy. */
vi.setConfig({ testTimeout: 60_000 });
setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Watches deliver in microtasks. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const labels = { app: 'web', tier: 'front' };
const pod = (at: number, phase = 'Pending'): KubernetesObject => ({
  metadata: { name: `web-${at}`, namespace: 'default', uid: `uid-${at}`, labels: { ...labels } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'nginx:1',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', value: String(at) }],
      },
    ],
    nodeName: 'node-1',
  },
  status: { phase },
});

describe('10,000 revisions', () => {
  const REVISIONS = 10_000;
  const TOUCHED = 10;

  /** A store of `size` pods, and what 10,000 updates of ten of them add to it. */
  async function grown(size: number): Promise<{ store: Store; bytes: number }> {
    const store = new Store();
    for (let at = 0; at < size; at++) store.put('pods', `default/web-${at}`, pod(at), undefined);
    await settle();
    const before = heapBytes();
    for (let revision = 0; revision < REVISIONS; revision++) {
      const at = revision % TOUCHED;
      const old = store.get('pods', `default/web-${at}`)!;
      const next = share(old, pod(at, `Phase-${revision}`));
      store.put('pods', `default/web-${at}`, { ...next, metadata: { ...next.metadata } }, old);
      if (revision % 500 === 499) await settle();
    }
    await settle();
    return { store, bytes: heapBytes() - before };
  }

  test('cost an object that none of them touches nothing', async () => {
    // The first rounds also pay for compiled code.
    for (let round = 0; round < 3; round++) await grown(round === 1 ? TOUCHED : 1000);
    const small = await grown(TOUCHED);
    const large = await grown(1000);
    // The same writes, with and without 990 objects beside those that are written.
    const perUntouched = (large.bytes - small.bytes) / (1000 - TOUCHED);
    expect(perUntouched).toBeLessThan(100);
    // What a write stores is what it changed, not the whole object.
    expect(large.bytes / REVISIONS).toBeLessThan(1200);
    // Any revision can still be read, and shares what was untouched with the present.
    const { store } = large;
    for (const revision of [1000, 5000, store.revision]) {
      expect(store.getAt('pods', 'default/web-500', revision)).toBe(store.get('pods', 'default/web-500'));
      const written = (revision - 1001 + TOUCHED) % TOUCHED;
      const then = store.getAt('pods', `default/web-${written}`, revision);
      expect(then!.status.phase).toBe(revision === 1000 ? 'Pending' : `Phase-${revision - 1001}`);
    }
  });

  test('a fork and a snapshot of any of them copy no object', async () => {
    const { store } = await grown(1000);
    // The first ones also pay for compiled code.
    for (let round = 0; round < 3; round++) store.fork(store.revision - 5000);
    const before = heapBytes();
    const fork = store.fork(store.revision - 5000);
    const bytes = heapBytes() - before;
    // A key and its place in a map.
    expect(bytes / 1000).toBeLessThan(250);
    expect(fork.get('pods', 'default/web-500')).toBe(store.get('pods', 'default/web-500'));
    expect(fork.revision).toBe(store.revision - 5000);
  });

  test('are forgotten by a compaction, and their memory is free', async () => {
    const { store, bytes } = await grown(1000);
    const before = heapBytes();
    store.compact();
    expect(before - heapBytes()).toBeGreaterThan(bytes * 0.9);
    expect(() => store.list('pods', '', store.revision - 1)).toThrow('too old resource version');
    expect(store.list('pods')).toHaveLength(1000);
  });
});

test('a million events take no memory that stays', async () => {
  const server = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const { store } = server;
  let seen = 0;
  const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
  server.watch(
    { verb: 'watch', group: '', version: 'v1', resource: 'pods', namespace: 'default', user },
    (events) => void (seen += events.length),
    () => {},
  );
  const write = async (events: number) => {
    for (let at = 0; at < events; at++) {
      const key = `default/web-${at % 100}`;
      const metadata = { name: `web-${at % 100}`, namespace: 'default', uid: 'u' };
      store.put('pods', key, { metadata, status: { at } }, store.get('pods', key));
      if (at % 500 === 499) await settle();
    }
    await settle();
  };
  await write(100_000);
  const before = heapBytes();
  await write(900_000);
  const grown = heapBytes() - before;
  expect(seen).toBe(1_000_000);
  // The history has its limit, of which more or less may be used.
  expect(grown).toBeLessThan(3_000_000);
  server.dispose();
});
