import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { KubernetesObject, ObjectList } from '../../api/object.ts';
import type { ApiRequest, RequestOptions, Verb, WatchEvent } from '../../api/request.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
/** Watches deliver in microtasks. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function cluster() {
  const clock = new ManualClock();
  const server = new ApiServer({ clock, random: new Random(1) });
  const requestOf = (verb: Verb, rest: Partial<ApiRequest> = {}): ApiRequest => ({
    verb,
    group: '',
    version: 'v1',
    resource: 'configmaps',
    namespace: 'default',
    user,
    ...rest,
  });
  const send = (verb: Verb, rest?: Partial<ApiRequest>) => server.request(requestOf(verb, rest));
  const watch = (
    options: RequestOptions,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void = () => {},
  ) => server.watch(requestOf('watch', { options }), onEvents, onEnd);
  return { server, clock, send, watch };
}

/** What a client has that lists and then does what each event says. */
class Fold {
  readonly objects = new Map<string, KubernetesObject>();
  resourceVersion = '0';

  list({ items, metadata }: ObjectList): void {
    this.objects.clear();
    for (const item of items) this.objects.set(item.metadata.name!, item);
    this.resourceVersion = metadata.resourceVersion!;
  }

  apply({ type, object }: WatchEvent): void {
    expect(Number(object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(this.resourceVersion));
    this.resourceVersion = object.metadata.resourceVersion!;
    const name = object.metadata.name!;
    if (type === 'ADDED') expect(this.objects.has(name)).toBe(false);
    if (type === 'MODIFIED' || type === 'DELETED') expect(this.objects.has(name)).toBe(true);
    if (type === 'DELETED') this.objects.delete(name);
    else if (type !== 'BOOKMARK') this.objects.set(name, object);
  }
}

describe('a client that folds the watch has exactly the list', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('put'),
        name,
        app: fc.constantFrom('x', 'y'),
        value: fc.nat(3),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), name }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('settle', 'reconnect', 'compact', 'minute') }) },
  );

  test.each<[string, RequestOptions]>([
    ['of everything', {}],
    ['of what a label selector matches', { labelSelector: 'app=x' }],
    ['of what a field selector matches', { fieldSelector: 'metadata.name!=c' }],
  ])('%s', async (_name, selection) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { server, clock, send, watch } = cluster();
        const fold = new Fold();
        const list = async () => (await send('list', { options: selection })) as ObjectList;
        let gone = false;
        const open = () => {
          gone = false;
          return watch(
            { ...selection, resourceVersion: fold.resourceVersion, allowWatchBookmarks: true },
            (events) => events.forEach((event) => fold.apply(event)),
            () => (gone = true),
          );
        };
        fold.list(await list());
        let watching = open();
        for (const each of steps as { do: string; name?: string; app?: string; value?: number }[]) {
          switch (each.do) {
            case 'put': {
              const body = {
                metadata: { name: each.name, labels: { app: each.app } },
                data: { value: String(each.value) },
              };
              const there = server.store.get('configmaps', `default/${each.name}`);
              await send(there ? 'update' : 'create', { name: there ? each.name : undefined, body });
              break;
            }
            case 'delete':
              await send('delete', { name: each.name }).catch(() => {});
              break;
            case 'compact':
              server.store.compact();
              break;
            case 'minute':
              await settle();
              await clock.advance(61_000);
              break;
            case 'reconnect':
              watching.dispose();
              watching = open();
              await settle();
              // As every client does that is told 410: it lists again.
              if (gone) {
                fold.list(await list());
                watching = open();
              }
              break;
            default:
              await settle();
          }
        }
        await settle();
        const { items } = await list();
        expect(
          [...fold.objects.values()].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1)),
        ).toEqual(items);
        watching.dispose();
        server.dispose();
      }),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('bookmarks', () => {
  test('tell a watch that asked, once a minute, that there was nothing for it', async () => {
    const { server, clock, send, watch } = cluster();
    const heard: WatchEvent[] = [];
    const quiet: WatchEvent[] = [];
    watch({ labelSelector: 'app=nope', allowWatchBookmarks: true }, (events) => heard.push(...events));
    watch({ labelSelector: 'app=nope' }, (events) => quiet.push(...events));
    await send('create', { body: { metadata: { name: 'a' } } });
    await settle();
    await clock.advance(59_000);
    expect(heard).toEqual([]);
    await clock.advance(1_000);
    const resourceVersion = String(server.store.revision);
    expect(heard).toEqual([
      { type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion } } },
    ]);
    // Nothing happened since: nothing is said, and no timer runs.
    await clock.advance(600_000);
    expect(heard).toHaveLength(1);
    expect(quiet).toEqual([]);
  });

  test('keep a watch of what never changes from falling behind what is remembered', async () => {
    const { server, clock, send, watch } = cluster();
    let resourceVersion = '';
    const first = watch({ fieldSelector: 'metadata.name=still', allowWatchBookmarks: true }, (events) => {
      ({ resourceVersion = '' } = events.at(-1)!.object.metadata);
    });
    await send('create', { resource: 'secrets', body: { metadata: { name: 's' } } });
    await settle();
    await clock.advance(60_000);
    first.dispose();
    server.store.compact(Number(resourceVersion));
    const ends: unknown[] = [];
    watch(
      { resourceVersion },
      () => {},
      (error) => ends.push(error),
    );
    await settle();
    expect(ends).toEqual([]);
  });
});
