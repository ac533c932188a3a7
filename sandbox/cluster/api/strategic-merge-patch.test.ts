import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TypeRegistry } from './schema.ts';
import {
  applyStrategicMergePatch,
  createThreeWayMergePatch,
  createTwoWayMergePatch,
} from './strategic-merge-patch.ts';

const registry = TypeRegistry.builtin();
const podSpec = registry.typeOf('io.k8s.api.core.v1.PodSpec')!;
const deploymentSpec = registry.typeOf('io.k8s.api.apps.v1.DeploymentSpec')!;
const metadata = registry.typeOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;

const c = (name: string, more: object = {}) => ({ name, ...more });

describe('apply', () => {
  test.each<[string, any, any, any]>([
    [
      'merges by key',
      { containers: [c('a', { image: '1' })] },
      { containers: [c('a', { args: ['x'] })] },
      { containers: [c('a', { image: '1', args: ['x'] })] },
    ],
    [
      'puts a new item before what it does not name',
      { containers: [c('a')] },
      { containers: [c('b')] },
      { containers: [c('b'), c('a')] },
    ],
    [
      'deletes an item',
      { containers: [c('a'), c('b')] },
      { containers: [{ $patch: 'delete', name: 'a' }] },
      { containers: [c('b')] },
    ],
    [
      'replaces a list',
      { containers: [c('a'), c('b')] },
      { containers: [{ $patch: 'replace' }, c('z')] },
      { containers: [c('z')] },
    ],
    [
      'replaces a map',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'replace', fsGroup: 2 } },
      { securityContext: { fsGroup: 2 } },
    ],
    ['takes null as removal', { hostname: 'x', subdomain: 'y' }, { hostname: null }, { subdomain: 'y' }],
    [
      'orders items',
      { containers: [c('a'), c('b'), c('z')] },
      {
        $setElementOrder: 1,
        '$setElementOrder/containers': [c('b'), c('a')],
        containers: [c('a', { image: 'i' })],
      },
      { containers: [c('b'), c('a', { image: 'i' }), c('z')] },
    ],
    [
      'replaces an atomic list',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'b' }] },
      { tolerations: [{ key: 'b' }] },
    ],
    [
      'keeps only what it retains',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    ],
  ])('%s', (_name, original, patch, want) => {
    delete patch.$setElementOrder;
    const before = structuredClone(original);
    expect(applyStrategicMergePatch(original, patch, podSpec)).toEqual(want);
    expect(original).toEqual(before);
  });

  test('lists of scalars', () => {
    const patch = { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] };
    expect(
      applyStrategicMergePatch({ finalizers: ['a', 'b'] }, patch, metadata).finalizers.toSorted(),
    ).toEqual(['b', 'c']);
  });

  test('an item without its merge key', () => {
    expect(() =>
      applyStrategicMergePatch({ containers: [] }, { containers: [{ image: 'x' }] }, podSpec),
    ).toThrow('map: map[image:x] does not contain declared merge key: name');
  });
});

const words = fc.constantFrom('a', 'b', 'c', 'd');
const env = fc.uniqueArray(fc.record({ name: words, value: words }), {
  selector: (each) => each.name,
  maxLength: 4,
});
const containers = fc.uniqueArray(
  fc.record(
    { name: words, image: words, args: fc.array(words, { maxLength: 2 }), env },
    { requiredKeys: ['name'] },
  ),
  { selector: (each) => each.name, minLength: 1, maxLength: 4 },
);
const volume = fc
  .tuple(
    words,
    fc.constantFrom<object>({ emptyDir: {} }, { hostPath: { path: '/a' } }, { secret: { secretName: 's' } }),
  )
  .map(([name, source]) => ({ name, ...source }));
const spec = fc.record(
  {
    containers,
    volumes: fc.uniqueArray(volume, { selector: (each) => each.name, maxLength: 3 }),
    nodeSelector: fc.dictionary(words, words, { maxKeys: 3, noNullPrototype: true }),
    tolerations: fc.array(fc.record({ key: words }), { maxLength: 2 }),
    hostname: words,
  },
  { requiredKeys: ['containers'] },
);

test('the difference of two specs, applied to the first, is the second', () =>
  fc.assert(
    fc.property(spec, spec, (from, to) => {
      expect(applyStrategicMergePatch(from, createTwoWayMergePatch(from, to, podSpec), podSpec)).toEqual(to);
    }),
  ));

test('equal specs differ by nothing', () =>
  fc.assert(
    fc.property(spec, (same) => {
      expect(createTwoWayMergePatch(same, structuredClone(same), podSpec)).toEqual({});
    }),
  ));

test('three ways with no changes of others: the same as two', () =>
  fc.assert(
    fc.property(spec, spec, (original, modified) => {
      const patch = createThreeWayMergePatch(original, modified, original, podSpec);
      expect(applyStrategicMergePatch(original, patch, podSpec)).toEqual(modified);
    }),
  ));

describe('what kubectl sends', () => {
  test('a new image', () => {
    const from = { containers: [c('a', { image: '1' }), c('b')] };
    const to = { containers: [c('a', { image: '2' }), c('b')] };
    expect(createTwoWayMergePatch(from, to, podSpec)).toEqual({
      '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }],
      containers: [{ name: 'a', image: '2' }],
    });
  });

  test('another strategy', () => {
    const from = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
    const to = { strategy: { type: 'Recreate' } };
    expect(createTwoWayMergePatch(from, to, deploymentSpec)).toEqual({
      strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: null },
    });
  });

  test('apply keeps what others added and takes out what the manifest dropped', () => {
    const deployment = (env: object[], more: object = {}) => ({
      ...more,
      template: { spec: { containers: [c('a', { env })] } },
    });
    const [w, x, y] = ['W', 'X', 'Y'].map((name) => ({ name, value: '1' }));
    const original = deployment([w!, x!], { replicas: 1 });
    const modified = deployment([w!]);
    const current = deployment([w!, x!, y!], { replicas: 5, paused: true });
    const patch = createThreeWayMergePatch(original, modified, current, deploymentSpec);
    expect(applyStrategicMergePatch(current, patch, deploymentSpec)).toEqual(
      deployment([w!, y!], { paused: true }),
    );
  });
});
