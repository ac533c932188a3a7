/** What holds of any applies; what each of them does is recorded from a real server (`recorded/ownership.json`). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from './object.ts';
import { TypeRegistry } from './schema.ts';
import { serverSideApply } from './server-side-apply.ts';

const registry = TypeRegistry.builtin();
const time = '2026-01-01T00:00:00Z';

function apply(live: KubernetesObject | undefined, manager: string, spec: object, force = false) {
  const config = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec,
  } as KubernetesObject;
  return serverSideApply({ live, config, registry, manager, force, time });
}

/** Parts of a Deployment that do not overlap: each belongs to one manager. */
const value = fc.constantFrom('a', 'b', 'c');
const container = (name: string) =>
  fc
    .record(
      { image: value, args: fc.array(value, { maxLength: 2 }), env: fc.array(value, { maxLength: 2 }) },
      { requiredKeys: ['image'] },
    )
    .map(({ env, ...rest }) => ({
      name,
      ...rest,
      ...(env && { env: [...new Set(env)].map((each) => ({ name: each, value: each })) }),
    }));
const PARTS: Record<string, fc.Arbitrary<object>> = {
  replicas: fc.record({ replicas: fc.nat(5) }),
  labels: value.map((tier) => ({ template: { metadata: { labels: { tier } } } })),
  annotations: value.map((note) => ({ template: { metadata: { annotations: { note } } } })),
  main: container('main').map((each) => ({ template: { spec: { containers: [each] } } })),
  side: container('side').map((each) => ({ template: { spec: { containers: [each] } } })),
  strategy: value.map((maxSurge) => ({
    strategy: { rollingUpdate: { maxSurge: `${maxSurge.charCodeAt(0)}%` } },
  })),
};
const managers = Object.keys(PARTS);
const parts = fc.record(PARTS as Record<keyof typeof PARTS, fc.Arbitrary<object>>);

/** The object without who did what, and lists by merge keys in one order. */
function content({ metadata, ...rest }: KubernetesObject): unknown {
  const containers = rest.spec?.template?.spec?.containers;
  const spec = containers && {
    ...rest.spec,
    template: {
      ...rest.spec.template,
      spec: {
        ...rest.spec.template.spec,
        containers: containers.toSorted((a: { name: string }, b: { name: string }) =>
          a.name < b.name ? -1 : 1,
        ),
      },
    },
  };
  return { ...rest, metadata: { ...metadata, managedFields: undefined }, spec: spec ?? rest.spec };
}

/** Every scalar with its path. */
function leaves(value: unknown, path = ''): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [`${path}=${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, child]) => leaves(child, `${path}/${name}`));
}

const owners = ({ metadata }: KubernetesObject) =>
  (metadata.managedFields ?? [])
    .map(({ manager, fieldsV1 }) => ({ manager, fieldsV1 }))
    .sort((a, b) => (a.manager! < b.manager! ? -1 : 1));

describe('managers whose fields do not overlap', () => {
  const order = fc.shuffledSubarray(managers, { minLength: managers.length });

  test('may come in any order', () =>
    fc.assert(
      fc.property(parts, order, order, (specs, one, other) => {
        const all = (names: string[]) =>
          names.reduce<KubernetesObject | undefined>(
            (live, name) => apply(live, name, specs[name]!).object,
            undefined,
          )!;
        expect(content(all(one))).toEqual(content(all(other)));
        expect(owners(all(one))).toEqual(owners(all(other)));
      }),
      { seed: 3, numRuns: 200 },
    ));

  test('take with them what they leave, and nothing else', () =>
    fc.assert(
      fc.property(parts, order, fc.constantFrom(...managers), (specs, names, leaver) => {
        const without = (live: KubernetesObject | undefined, skip?: string) =>
          names.reduce(
            (object, name) => (name === skip ? object : apply(object, name, specs[name]!).object),
            live,
          )!;
        const left = apply(without(undefined), leaver, {}).object;
        const never = without(undefined, leaver);
        // An empty struct may stay where the last of its fields was taken out.
        expect(leaves(content(left))).toEqual(leaves(content(never)));
        const owned = owners(left).filter(({ manager }) => manager !== leaver);
        expect(owned).toEqual(owners(never));
      }),
      { seed: 3, numRuns: 200 },
    ));
});

test('to apply the same again changes nothing', () =>
  fc.assert(
    fc.property(parts, fc.constantFrom(...managers), (specs, name) => {
      const once = apply(undefined, name, specs[name]!).object;
      const again = apply(once, name, specs[name]!);
      expect(again.changed).toBe(false);
      expect(again.object).toEqual(once);
    }),
    { seed: 3, numRuns: 200 },
  ));

test('by force the last one has all that it names, and whoever had it no longer does', () =>
  fc.assert(
    fc.property(parts, parts, fc.constantFrom(...managers), (first, second, name) => {
      const before = apply(undefined, 'first', first[name]!).object;
      const after = apply(before, 'second', second[name]!, true).object;
      const alone = apply(undefined, 'second', second[name]!).object;
      const fields = (object: KubernetesObject) => owners(object).find(({ manager }) => manager === 'second');
      expect(fields(after)).toEqual(fields(alone));
      // To take back what is the first's alone, and then that it was ever there, leaves what the second applied.
      const settled = apply(apply(after, 'first', {}).object, 'second', second[name]!).object;
      expect(owners(settled).find(({ manager }) => manager === 'second')).toEqual(fields(alone));
    }),
    { seed: 3, numRuns: 200 },
  ));
