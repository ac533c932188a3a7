import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, encode } from '../../core/bytes.ts';
import type { KubernetesObject } from './object.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';
import { TypeRegistry, type TypeInfo } from './schema.ts';

const registry = TypeRegistry.builtin();

function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

const bytesField = (number: number, bytes: Uint8Array) =>
  concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
const varintField = (number: number, value: number) => concat([varint(number << 3), varint(value)]);

/** An encoder for what the tests need: no embedded messages, no fractions. */
function message(value: any, type: TypeInfo): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const name in value) {
    const field = type.fields.get(name);
    if (field?.proto === undefined) continue;
    const { type: inner, proto } = field;
    if (inner.kind === 'list') for (const item of value[name]) parts.push(one(proto, item, inner.element!));
    else if (inner.kind === 'map')
      for (const [key, item] of Object.entries(value[name]))
        parts.push(bytesField(proto, concat([bytesField(1, encode(key)), one(2, item, inner.element!)])));
    else parts.push(one(proto, value[name], inner));
  }
  return concat(parts);
}

function one(number: number, value: any, type: TypeInfo): Uint8Array {
  switch (type.kind) {
    case 'string':
      return bytesField(number, encode(value));
    case 'bytes':
      return bytesField(
        number,
        Uint8Array.from(atob(value), (character) => character.charCodeAt(0)),
      );
    case 'boolean':
      return varintField(number, value ? 1 : 0);
    case 'int32':
    case 'int64':
      return varintField(number, value);
    case 'quantity':
      return bytesField(number, bytesField(1, encode(value)));
    case 'intOrString':
      return bytesField(
        number,
        typeof value === 'number'
          ? concat([varintField(1, 0), varintField(2, value)])
          : concat([varintField(1, 1), bytesField(3, encode(value))]),
      );
    case 'time':
      return bytesField(number, varintField(1, Date.parse(value) / 1000));
    default:
      return bytesField(number, message(value, type));
  }
}

function encodeObject(object: KubernetesObject): Uint8Array {
  const typeMeta = concat([bytesField(1, encode(object.apiVersion!)), bytesField(2, encode(object.kind!))]);
  const raw = message(object, registry.typeOfObject(object)!);
  return concat([Uint8Array.from([0x6b, 0x38, 0x73, 0]), bytesField(1, typeMeta), bytesField(2, raw)]);
}

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
  expect(decodeProtobuf(encodeObject(deployment), registry)).toEqual(deployment);
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
  const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((each) => each !== '__proto__');
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
