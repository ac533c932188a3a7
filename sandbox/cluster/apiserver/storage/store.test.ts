import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../api/object.ts';
import { RevisionCompacted, Store, VersionMismatch, type Change } from './store.ts';

const object = (name: string, value = 0, namespace = 'a'): KubernetesObject => ({
  metadata: { name, namespace },
  value,
});
const put = (store: Store, name: string, value = 0, namespace = 'a') =>
  store.put(
    'pods',
    `${namespace}/${name}`,
    object(name, value, namespace),
    store.get('pods', `${namespace}/${name}`),
  );
const remove = (store: Store, name: string) =>
  store.delete('pods', `a/${name}`, store.get('pods', `a/${name}`)!);
const names = (objects: KubernetesObject[]) => objects.map(({ metadata }) => metadata.name);

describe('Store', () => {
  test('every write takes the next revision and becomes the resourceVersion', () => {
    const store = new Store();
    expect(put(store, 'x').metadata.resourceVersion).toBe('1');
    expect(put(store, 'y').metadata.resourceVersion).toBe('2');
    expect(remove(store, 'x').metadata.resourceVersion).toBe('3');
    expect(store.revision).toBe(3);
  });

  test('lists are in order of keys, and a prefix narrows them to a namespace', () => {
    const store = new Store();
    for (const name of ['m', 'b', 'z']) put(store, name);
    put(store, 'other', 0, 'a-b');
    expect(names(store.list('pods', 'a/'))).toEqual(['b', 'm', 'z']);
    remove(store, 'm');
    put(store, 'c');
    expect(names(store.list('pods', 'a/'))).toEqual(['b', 'c', 'z']);
    expect(names(store.list('pods'))).toEqual(['other', 'b', 'c', 'z']);
  });

  test('a write based on an old version is refused and says what is there', () => {
    const store = new Store();
    const first = put(store, 'x', 1);
    const second = put(store, 'x', 2);
    expect(() => store.put('pods', 'a/x', object('x', 3), first)).toThrow(VersionMismatch);
    expect(() => store.put('pods', 'a/x', object('x', 3), undefined)).toThrow('the key is at 2');
    expect(store.get('pods', 'a/x')).toBe(second);
  });

  test('changes arrive in a microtask, in order, and only those after the subscription', async () => {
    const store = new Store();
    put(store, 'before');
    const batches: string[][] = [];
    store.onChanges((changes) => batches.push(changes.map((change) => `${change.type} ${change.key}`)));
    put(store, 'x', 1);
    put(store, 'x', 2);
    remove(store, 'x');
    expect(batches).toEqual([]);
    await Promise.resolve();
    expect(batches).toEqual([['ADDED a/x', 'MODIFIED a/x', 'DELETED a/x']]);
  });

  test('what was compacted can be neither read nor watched from', () => {
    const store = new Store();
    for (let value = 0; value < 5; value++) put(store, 'x', value);
    store.compact(3);
    expect(store.changesSince(3).map(({ revision }) => revision)).toEqual([4, 5]);
    expect(() => store.changesSince(2)).toThrow(RevisionCompacted);
    expect(() => store.list('pods', '', 2)).toThrow('too old resource version: 2 (3)');
  });

  test('the history stays bounded by itself', () => {
    const store = new Store({ historyLimit: 100 });
    for (let value = 0; value < 1000; value++) put(store, 'x', value);
    expect(store.revision - store.compactedRevision).toBeLessThan(130);
    expect(store.changesSince(950)).toHaveLength(50);
  });

  test('a fork has the state and shares the objects, and goes its own way', () => {
    const store = new Store();
    put(store, 'x', 1);
    put(store, 'y', 1);
    const fork = store.fork(1);
    expect(fork.get('pods', 'a/x')).toBe(store.get('pods', 'a/x'));
    expect(fork.get('pods', 'a/y')).toBeUndefined();
    put(fork, 'x', 2);
    expect(store.get('pods', 'a/x')!.value).toBe(1);
    expect(fork.revision).toBe(2);
  });

  test('a rewind writes an old state as new revisions', () => {
    const store = new Store();
    put(store, 'kept', 1);
    put(store, 'changed', 1);
    const { revision } = store;
    put(store, 'changed', 2);
    put(store, 'new', 1);
    remove(store, 'kept');
    const before = store.revision;
    store.rewind(revision);
    expect(store.list('pods').map(({ metadata, value }) => [metadata.name, value])).toEqual([
      ['changed', 1],
      ['kept', 1],
    ]);
    expect(
      store
        .changesSince(before)
        .map(({ type, key }) => `${type} ${key}`)
        .sort(),
    ).toEqual(['ADDED a/kept', 'DELETED a/new', 'MODIFIED a/changed']);
  });

  test('any past revision reads as it was, whatever happened since', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      remove: fc.boolean(),
      value: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new Store();
        const history = new Map<number, KubernetesObject[]>([[0, []]]);
        for (const { name, value, remove: removing } of steps) {
          if (!removing) put(store, name, value);
          else if (store.get('pods', `a/${name}`)) remove(store, name);
          history.set(store.revision, store.list('pods'));
        }
        for (const [revision, objects] of history) {
          expect(store.list('pods', '', revision)).toEqual(objects);
          for (const each of objects)
            expect(store.getAt('pods', `a/${each.metadata.name}`, revision)).toBe(each);
        }
      }),
    );
  });

  test('replaying the changes onto an older state gives the newer one', () => {
    const store = new Store();
    put(store, 'x', 1);
    const start = store.snapshot();
    put(store, 'y', 1);
    put(store, 'x', 2);
    remove(store, 'y');
    const state = new Map(start.resources['pods']!.map((each) => [each.metadata.name, each]));
    const apply = ({ type, object: { metadata }, object }: Change) =>
      type === 'DELETED' ? state.delete(metadata.name) : state.set(metadata.name, object);
    store.changesSince(start.revision).forEach(apply);
    expect([...state.values()]).toEqual(store.list('pods'));
  });
});
