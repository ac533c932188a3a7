import { describe, expect, it } from 'vitest';
import { TypeRegistry } from '../cluster/api/schema.ts';
import { createEnvironment } from './environment.ts';
import { CelValues } from './value.ts';

const registry = TypeRegistry.builtin();
const values = new CelValues();

describe('CEL over schema-typed values', () => {
  const cases: { name: string; input: string; want: unknown }[] = [
    { name: 'an int32 field adds to an int literal', input: 'd.spec.replicas + 1 == 4', want: true },
    { name: 'a number field of the schema stays a double', input: 'crd.maximum * 2.0 == 4.0', want: true },
    { name: 'a map of strings', input: 'd.metadata.labels["app"]', want: 'web' },
    { name: 'an absent field is asked for with has()', input: 'has(d.status)', want: false },
    { name: 'an absent field has a default', input: 'd.?status.orValue("none")', want: 'none' },
    { name: 'list library: sum', input: '[1, 2, 3].sum()', want: 6n },
    { name: 'list library: max', input: '["a", "c", "b"].max()', want: 'c' },
    { name: 'list library: isSorted', input: '[1, 3, 2].isSorted()', want: false },
    { name: 'regex library: find', input: '"abc 123".find("[0-9]+")', want: '123' },
    {
      name: 'matches, in linear time',
      input: '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")',
      want: false,
    },
    { name: 'quantities', input: 'quantity("1Gi").isGreaterThan(quantity("1000Mi"))', want: true },
    { name: 'URLs', input: 'url("https://a.b:8443/c?d=e").getPort()', want: '8443' },
    {
      name: 'addresses',
      input: 'cidr("10.0.0.0/8").containsIP("10.1.2.3") && ip("::1").isLoopback()',
      want: true,
    },
    { name: 'sets', input: 'sets.equivalent([1, 2, 2], [2, 1])', want: true },
    { name: 'format', input: '"%s has %d".format(["a", 2])', want: 'a has 2' },
    { name: 'regex library: findAll', input: 'size("1 22 3".findAll("[0-9]+"))', want: 3n },
  ];
  it.each(cases)('$name', ({ input, want }) => {
    const environment = createEnvironment().registerVariable('d', 'dyn').registerVariable('crd', 'dyn');
    const deployment = { metadata: { labels: { app: 'web' } }, spec: { replicas: 3 } };
    const d = values.of(deployment, registry.typeForKind('apps', 'v1', 'Deployment'));
    const schema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
    const crd = values.of({ maximum: 2 }, registry.typeOf(schema));
    expect(environment.evaluate(input, { d, crd })).toEqual(want);
  });

  it('refuses an unknown name when it is checked, before anything runs', () => {
    expect(createEnvironment().check('podz.size() > 0').valid).toBe(false);
  });

  it('converts an object once', () => {
    const object = { a: 1 };
    expect(values.of(object)).toBe(values.of(object));
  });
});
