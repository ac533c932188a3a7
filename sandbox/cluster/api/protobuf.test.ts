import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, encode } from '../../core/bytes.ts';
import type { KubernetesObject, ObjectList } from './object.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';
import { encodeProtobuf } from './protobuf-writer.ts';
import { parseApiVersion, TypeRegistry } from './schema.ts';
import { decodeObject } from './strict-decoding.ts';

const registry = TypeRegistry.builtin();
const recorded = JSON.parse(readFileSync(new URL('recorded/protobuf.json', import.meta.url), 'utf8')) as {
  path: string;
  object: KubernetesObject | ObjectList;
  protobuf: string;
}[];

const bytesField = (number: number, bytes: Uint8Array) =>
  concat([Uint8Array.of((number << 3) | 2, bytes.length), bytes]);
const encodeObject = (object: KubernetesObject) => encodeProtobuf(object, registry)!;

test.each(recorded)('a real server writes the same bytes: $path', ({ object, protobuf }) => {
  const want = Uint8Array.from(atob(protobuf), (each) => each.charCodeAt(0));
  expect(Buffer.from(encodeProtobuf(object, registry)!)).toEqual(Buffer.from(want));
});

test.each(recorded.filter(({ object }) => 'items' in object))('and they read as its JSON: $path', (each) => {
  const object = each.object as ObjectList;
  const decoded = decodeProtobuf(
    Uint8Array.from(atob(each.protobuf), (c) => c.charCodeAt(0)),
    registry,
  );
  // What JSON always has, strict decoding adds.
  const canonical = (items: unknown) =>
    (items as KubernetesObject[]).map((item) => {
      const kind = object.kind.replace(/List$/, '');
      const { group, version } = parseApiVersion(object.apiVersion);
      return decodeObject(
        { apiVersion: object.apiVersion, kind, ...item },
        { group, version, kind },
        registry,
      );
    });
  expect(canonical(decoded.items)).toEqual(canonical(object.items));
});

test('a Deployment', () => {
  const deployment: KubernetesObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' }, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
      template: {
        metadata: {},
        spec: {
          containers: [{ name: 'c', resources: { limits: { cpu: '500m' } }, ports: [{ containerPort: 80 }] }],
          terminationGracePeriodSeconds: -1,
        },
      },
    },
  };
  // A struct that is no pointer is always written.
  expect(decodeProtobuf(encodeObject(deployment), registry)).toEqual({ ...deployment, status: {} });
});

/** The source of a volume is an embedded message whose fields JSON has beside the name. */
test('embedded messages are inlined', () => {
  const volume = concat([bytesField(1, encode('v')), bytesField(2, bytesField(2, new Uint8Array(0)))]);
  const spec = bytesField(2, bytesField(1, volume));
  const typeMeta = concat([bytesField(1, encode('v1')), bytesField(2, encode('Pod'))]);
  const pod = concat([Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, typeMeta), bytesField(2, spec)]);
  expect(decodeProtobuf(pod, registry).spec).toEqual({ volumes: [{ name: 'v', emptyDir: {} }] });
});

describe('DeleteOptions, as kubectl sends them', () => {
  test('with a policy and preconditions', () => {
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
      preconditions: { uid: 'u' },
    } as unknown as KubernetesObject;
    expect(decodeProtobuf(encodeObject(options), registry)).toEqual(options);
  });
});

test('any ConfigMap survives the way there and back', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  const map = fc.dictionary(text, text, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  fc.assert(
    fc.property(map, fc.uint8Array({ maxLength: 9 }), (data, bytes) => {
      const configMap = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'm', generation: 7 },
        data,
        binaryData: { b: btoa(String.fromCharCode(...bytes)) },
        immutable: true,
      };
      expect(decodeProtobuf(encodeObject(configMap), registry)).toEqual(configMap);
    }),
  );
});

test('anything else is refused', () => {
  expect(isProtobuf(encode('{}'))).toBe(false);
  expect(() => decodeProtobuf(encode('{}'), registry)).toThrow('does not appear to be a protobuf message');
  expect(() => decodeProtobuf(Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, 0x50]), registry)).toThrow(
    'unexpected EOF',
  );
});
