/** Messages as a real 1.35 API server gave them for these very bodies. */
import { describe, expect, test } from 'vitest';
import { TypeRegistry } from './schema.ts';
import { decodeObject, duplicateFields } from './strict-decoding.ts';

const registry = TypeRegistry.builtin();
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };
const core = (kind: string) => ({ group: '', version: 'v1', kind });

const ofSpec = (spec: unknown) => () => decodeObject({ metadata: { name: 'x' }, spec }, DEPLOYMENT, registry);
const ofContainer = (container: object) => ofSpec({ template: { spec: { containers: [container] } } });

describe('types', () => {
  const field = 'json: cannot unmarshal';
  const containers = 'spec.template.spec.containers';
  test.each<[string, () => unknown, string]>([
    [
      'a string for a number',
      ofSpec({ replicas: '3' }),
      `${field} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      'a fraction',
      ofSpec({ replicas: 3.5 }),
      `${field} number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      'a number too big',
      ofSpec({ replicas: 99999999999 }),
      `${field} number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      'a string for a boolean',
      ofSpec({ paused: 'true' }),
      `${field} string into Go struct field DeploymentSpec.spec.paused of type bool`,
    ],
    [
      'a list for a struct',
      ofSpec([]),
      `${field} array into Go struct field Deployment.spec of type v1.DeploymentSpec`,
    ],
    [
      'a struct for a list',
      ofSpec({ template: { spec: { containers: { name: 'c' } } } }),
      `${field} object into Go struct field PodSpec.${containers} of type []v1.Container`,
    ],
    [
      'a number for a string',
      ofContainer({ image: 5, imagePullPolicy: 3 }),
      `${field} number into Go struct field Container.${containers}.image of type string`,
    ],
    [
      'a string for a port',
      ofContainer({ ports: [{ containerPort: '80' }] }),
      `${field} string into Go struct field ContainerPort.${containers}.ports.containerPort of type int32`,
    ],
    [
      'a string for a list',
      ofContainer({ command: 'ls' }),
      `${field} string into Go struct field Container.${containers}.command of type []string`,
    ],
    [
      'a number in the environment',
      ofContainer({ env: [{ name: 'A', value: 1 }] }),
      `${field} number into Go struct field EnvVar.${containers}.env.value of type string`,
    ],
    [
      'a quantity before anything else',
      ofContainer({ imagePullPolicy: 3, resources: { limits: { cpu: 'x' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(`Deployment in version "v1" cannot be handled as a Deployment: ${message}`);
  });

  test.each<[string, object, string]>([
    [
      'Pod',
      { metadata: { name: 'x', labels: { a: 1 } } },
      `${field} number into Go struct field ObjectMeta.metadata.labels of type string`,
    ],
    ['Pod', { metadata: 'x' }, `${field} string into Go struct field Pod.metadata of type v1.ObjectMeta`],
    [
      'Pod',
      { metadata: { creationTimestamp: 'foo' } },
      'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"',
    ],
    [
      'Pod',
      { metadata: { creationTimestamp: 5 } },
      `${field} number into Go struct field ObjectMeta.metadata.creationTimestamp of type string`,
    ],
    ['Secret', { data: { a: '%%%' } }, 'illegal base64 data at input byte 0'],
    ['Secret', { data: { a: 5 } }, `${field} number into Go struct field Secret.data of type []uint8`],
    [
      'Service',
      { spec: { ports: [{ port: 80, targetPort: true }] } },
      `${field} bool into Go struct field ServicePort.spec.ports.targetPort of type int32`,
    ],
    [
      'Service',
      { spec: { ports: [{ port: 80, targetPort: 1.5 }] } },
      `${field} number 1.5 into Go struct field ServicePort.spec.ports.targetPort of type int32`,
    ],
  ])('%s %j', (kind, body, message) => {
    expect(() => decodeObject(body, core(kind), registry)).toThrow(
      `${kind} in version "v1" cannot be handled as a ${kind}: ${message}`,
    );
  });

  test('a micro time that is only a date', () => {
    const lease = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' };
    expect(() => decodeObject({ spec: { renewTime: '2020-01-01' } }, lease, registry)).toThrow(
      'parsing time "2020-01-01" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "" as "T"',
    );
  });
});

describe('unknown and duplicate fields', () => {
  const text =
    '{"metadata":{"name":"x","foo":1},"spec":{"replicas":3,"replicas":2,"template":{"spec":{"containers":[{"name":"c","Image":"x","name":"d"}]}}}}';
  const problems = [
    'unknown field "metadata.foo"',
    'duplicate field "spec.replicas"',
    'unknown field "spec.template.spec.containers[0].Image"',
    'duplicate field "spec.template.spec.containers[0].name"',
  ];
  const decoded = (fieldValidation: 'Strict' | 'Warn' | 'Ignore', warnings: string[] = []) =>
    decodeObject(JSON.parse(text), DEPLOYMENT, registry, {
      fieldValidation,
      duplicates: duplicateFields(text),
      onWarning: (warning) => warnings.push(warning),
    });

  test('are refused', () => {
    const message = (() => {
      try {
        decoded('Strict');
      } catch (error) {
        return (error as Error).message;
      }
    })()!;
    expect(message).toMatch(
      /^Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: /,
    );
    for (const problem of problems) expect(message).toContain(problem);
  });

  test('are warned of, and dropped', () => {
    const warnings: string[] = [];
    const object = decoded('Warn', warnings);
    expect(warnings.toSorted()).toEqual(problems.toSorted());
    expect(object.spec.template.spec.containers[0]).not.toHaveProperty('Image');
    const silent: string[] = [];
    decoded('Ignore', silent);
    expect(silent).toEqual([]);
  });
});

describe('what Go makes of an object', () => {
  const pod = (spec: object) => decodeObject({ metadata: { name: 'p' }, spec }, core('Pod'), registry);

  test('nulls and zero values of what is optional disappear, pointers stay', () => {
    const { spec } = pod({
      containers: [{ name: 'c', image: '', args: [], env: null }],
      hostNetwork: false,
      nodeSelector: {},
      terminationGracePeriodSeconds: 0,
    });
    expect(spec).toEqual({ containers: [{ name: 'c', resources: {} }], terminationGracePeriodSeconds: 0 });
  });

  test('quantities and times take their canonical form', () => {
    const object = decodeObject(
      {
        metadata: { name: 'p', creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
        spec: { containers: [{ name: 'c', resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }] },
      },
      core('Pod'),
      registry,
    );
    expect(object.metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z');
    expect(object.spec.containers[0].resources.limits).toEqual({ cpu: '500m', memory: '1Gi' });
  });

  test('a canonical object is returned as it is, and what is trusted is not looked at', () => {
    const first = pod({ containers: [{ name: 'c', image: 'i' }] });
    expect(decodeObject(first, core('Pod'), registry)).toBe(first);
    const next = decodeObject({ ...first, status: { phase: 'Running' } }, core('Pod'), registry, {
      trusted: first,
    });
    expect(next.spec).toBe(first.spec);
  });
});
