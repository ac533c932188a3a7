import { expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { macrotask } from '../../core/slice.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { ApiRequest, ApiTransport, WatchEvent, WatchEventType } from '../api/request.ts';
import { StatusError } from '../api/status.ts';
import { Client } from './client.ts';
import { byLabel, byNode, Informer } from './informer.ts';
import { PODS } from './resources.ts';

/** The least of an API: objects by name, one revision, and what is needed to break it. */
class FakeApi implements ApiTransport {
  revision = 1;
  objects = new Map<string, KubernetesObject>();
  lists = 0;
  watchedFrom: (string | undefined)[] = [];
  failures: Error[] = [];
  #watch: { events: (events: WatchEvent[]) => void; end: (error?: Error) => void } | undefined;

  async request(): Promise<any> {
    this.lists++;
    const failure = this.failures.shift();
    if (failure) throw failure;
    const items = [...this.objects.values()];
    return { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: `${this.revision}` }, items };
  }

  watch(request: ApiRequest, events: (events: WatchEvent[]) => void, end: (error?: Error) => void) {
    this.watchedFrom.push(request.options?.resourceVersion);
    const watch = (this.#watch = { events, end });
    return { dispose: () => void (this.#watch === watch && (this.#watch = undefined)) };
  }

  write(name: string, fields: { node?: string; labels?: Record<string, string>; uid?: string } = {}): void {
    const known = this.objects.get(name);
    const metadata = {
      namespace: 'default',
      name,
      uid: fields.uid ?? known?.metadata.uid ?? `uid-${name}`,
      resourceVersion: `${++this.revision}`,
      labels: fields.labels,
    };
    this.#store(known ? 'MODIFIED' : 'ADDED', { metadata, spec: { nodeName: fields.node } });
  }

  remove(name: string): void {
    const { metadata, ...rest } = this.objects.get(name)!;
    this.#store('DELETED', { ...rest, metadata: { ...metadata, resourceVersion: `${++this.revision}` } });
  }

  end(error?: Error): void {
    this.interrupt()(error);
  }

  /** Sends nothing more; the returned function tells the client so. */
  interrupt(): (error?: Error) => void {
    const watch = this.#watch;
    this.#watch = undefined;
    return (error) => watch?.end(error);
  }

  #store(type: WatchEventType, object: KubernetesObject): void {
    if (type === 'DELETED') this.objects.delete(object.metadata.name!);
    else this.objects.set(object.metadata.name!, object);
    this.#watch?.events([{ type, object }]);
  }
}

function start() {
  const api = new FakeApi();
  const clock = new ManualClock(0);
  const log: string[] = [];
  const client = new Client(api, { user: { username: 'tester', groups: [] } });
  const informer = new Informer(client, clock, PODS, { indexes: { node: byNode, label: byLabel } });
  informer.addHandler({
    add: (pod, initial) => log.push(`add ${pod.metadata.name}${initial ? ' initial' : ''}`),
    update: (before, after) =>
      log.push(
        `update ${after.metadata.name} ${before.metadata.resourceVersion}>${after.metadata.resourceVersion}`,
      ),
    delete: (pod) => log.push(`delete ${pod.metadata.name}`),
  });
  /** What the handler was told since the last call; delivery may pause where a slice is used up. */
  const take = async () => {
    await settle();
    return log.splice(0);
  };
  return { api, clock, informer, take };
}

async function settle(): Promise<void> {
  await macrotask();
  await macrotask();
}

const names = (pods: Iterable<KubernetesObject>) => [...pods].map((pod) => pod.metadata.name);

test('lists, then follows', async () => {
  const { api, informer, take } = start();
  api.write('a');
  informer.start();
  await informer.synced;
  api.write('b');
  api.write('a');
  api.remove('b');
  expect(await take()).toEqual(['add a initial', 'add b', 'update a 2>4', 'delete b']);
  expect(names(informer.list())).toEqual(['a']);
  expect(informer.get('default/a')?.metadata.resourceVersion).toBe('4');
});

test('a late handler is told of what is there', async () => {
  const { api, informer } = start();
  api.write('a');
  await informer.start().synced;
  const seen: string[] = [];
  informer.addHandler({ add: (pod, initial) => seen.push(`${pod.metadata.name} ${initial}`) });
  expect(seen).toEqual(['a true']);
});

test('a watch that ends in order goes on from its last revision', async () => {
  const { api, clock, informer } = start();
  await informer.start().synced;
  api.write('a');
  api.end();
  await clock.advance(0);
  expect(api.watchedFrom).toEqual(['1', '2']);
  expect(api.lists).toBe(1);
});

test('after 410 it lists again and tells what it missed', async () => {
  const { api, informer, take } = start();
  for (const name of ['kept', 'changed', 'removed', 'replaced']) api.write(name);
  await informer.start().synced;
  await take();
  const end = api.interrupt();
  api.write('changed');
  api.remove('removed');
  api.write('replaced', { uid: 'another' });
  api.write('new');
  end(new StatusError('Expired', 'too old resource version: 1 (9)'));
  expect(await take()).toEqual([
    'update changed 3>6',
    'delete replaced',
    'add replaced',
    'add new',
    'delete removed',
  ]);
});

test('watches from the revision of the list, not from that of its last item', async () => {
  const { api, informer } = start();
  api.write('a');
  api.revision = 100;
  await informer.start().synced;
  expect(api.watchedFrom).toEqual(['100']);
});

test('a watch that expires again and again is retried with back-off', async () => {
  const { api, clock, informer } = start();
  await informer.start().synced;
  for (let i = 0; i < 3; i++) {
    api.end(new StatusError('Expired', 'too old resource version: 1 (9)'));
    await settle();
  }
  expect(api.lists).toBe(2);
  await clock.advance(1600);
  expect(api.lists).toBe(3);
});

test('failures are retried after 0.8 s, 1.6 s, …', async () => {
  const { api, clock, informer } = start();
  api.failures = [new Error('down'), new Error('down')];
  informer.start();
  await macrotask();
  expect(informer.lastError?.message).toBe('down');
  await clock.advance(799);
  expect(api.lists).toBe(1);
  await clock.advance(1);
  await clock.advance(1599);
  expect([api.lists, informer.hasSynced]).toEqual([2, false]);
  await clock.advance(1);
  expect([api.lists, informer.hasSynced]).toEqual([3, true]);
});

test('indexes follow the objects', async () => {
  const { api, informer } = start();
  await informer.start().synced;
  api.write('a', { node: 'n1', labels: { app: 'web' } });
  api.write('b', { node: 'n1' });
  api.write('a', { node: 'n2', labels: { app: 'db' } });
  await settle();
  expect(names(informer.indexed('node', 'n1'))).toEqual(['b']);
  expect(names(informer.indexed('node', 'n2'))).toEqual(['a']);
  expect(names(informer.indexed('label', 'default/app=web'))).toEqual([]);
  api.remove('a');
  await settle();
  expect(names(informer.indexed('label', 'default/app=db'))).toEqual([]);
  expect(() => informer.indexed('colour', 'red')).toThrow('informer of pods has no index colour');
});

test('10,000 events are delivered in order without keeping the thread', async () => {
  const { api, informer, take } = start();
  for (let i = 0; i < 10_000; i++) api.write(`pod-${i}`);
  await informer.start().synced;
  const seen = await take();
  expect(seen.length).toBe(10_000);
  expect(seen.at(-1)).toBe('add pod-9999 initial');
});

test('a disposed informer hears nothing more', async () => {
  const { api, informer, take } = start();
  await informer.start().synced;
  informer.dispose();
  api.write('a');
  expect(await take()).toEqual([]);
});
