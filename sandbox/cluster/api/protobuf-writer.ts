/**
 * Objects in Kubernetes' protobuf encoding, byte for byte as gogo/protobuf writes them: fields in the order
 * of their numbers, maps in that of their keys, the zeros of what is no pointer included. Left out: kinds
 * without field numbers in the facts (discovery documents, Tables, custom resources), which the real server
 * or its clients take as JSON too.
 */
import { concat, encode as encodeUtf8, EMPTY } from '../../core/bytes.ts';
import type { KubernetesObject, ObjectList } from './object.ts';
import { layoutOf, MAGIC } from './protobuf.ts';
import { varint } from './protobuf-varint.ts';
import type { FieldInfo, TypeInfo, TypeRegistry } from './schema.ts';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

/** The object behind the magic bytes; undefined for a kind that has no protobuf form here. */
export function encodeProtobuf(
  object: KubernetesObject | ObjectList,
  registry: TypeRegistry,
): Uint8Array | undefined {
  const { apiVersion, kind } = object;
  const type = registry.typeOfObject(object);
  if (!type || !hasNumbers(type)) return undefined;
  const typeMeta = concat([text(1, apiVersion!), text(2, kind!)]);
  const raw = message(object as unknown as Record<string, unknown>, type, registry);
  return concat([
    Uint8Array.from(MAGIC),
    sized(1, typeMeta),
    sized(2, raw),
    // contentEncoding and contentType
    sized(3, EMPTY),
    sized(4, EMPTY),
  ]);
}

/** A frame of a watch: its length in four bytes, then `WatchEvent` around the encoded object. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const event = concat([text(1, type), sized(2, sized(1, object))]);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, event.length);
  return concat([length, event]);
}

const hasNumbers = (type: TypeInfo) => [...type.fields.values()].some(({ proto }) => proto !== undefined);

const tag = (number: number, wireType: number) => varint((number << 3) | wireType);
const sized = (number: number, bytes: Uint8Array) =>
  concat([tag(number, LENGTH), varint(bytes.length), bytes]);
const text = (number: number, value: string) => sized(number, encodeUtf8(value));
const integer = (number: number, value: number | bigint) => concat([tag(number, VARINT), varint(value)]);

function message(object: Record<string, unknown>, type: TypeInfo, registry: TypeRegistry): Uint8Array {
  const layout = [...layoutOf(type, registry)].sort(([a], [b]) => a - b);
  return concat(
    layout.map(([number, slot]) =>
      'field' in slot
        ? field(number, object[slot.field.name], slot.field, registry)
        : sized(
            number,
            concat(
              [...slot.inlined]
                .sort(([a], [b]) => a - b)
                .map(([inner, own]) => field(inner, object[own.name], own, registry)),
            ),
          ),
    ),
  );
}

function field(
  number: number,
  given: unknown,
  { type, pointer, always }: FieldInfo,
  registry: TypeRegistry,
): Uint8Array {
  const value = given ?? undefined;
  switch (type.kind) {
    case 'list':
      return concat(
        ((value ?? []) as unknown[]).map((item) => single(number, item, type.element!, registry)),
      );
    case 'map': {
      const entries = Object.entries((value ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
      return concat(
        entries.map(([key, item]) =>
          sized(number, concat([text(1, key), mapValue(item, type.element!, registry)])),
        ),
      );
    }
    case 'any':
      return value === undefined && (pointer || type.name?.endsWith('.FieldsV1'))
        ? EMPTY
        : single(number, value, type, registry);
    case 'bytes':
      return value === undefined ? EMPTY : single(number, value, type, registry);
    default:
      // The facts say of a struct not that it is a pointer but that it is a value.
      if (value === undefined && (type.kind === 'struct' ? !always : pointer)) return EMPTY;
      return single(number, value, type, registry);
  }
}

/** A list as the value of a map is a message with the list in its first field. */
function mapValue(value: unknown, element: TypeInfo, registry: TypeRegistry): Uint8Array {
  if (element.kind !== 'list') return single(2, value, element, registry);
  return sized(2, concat((value as unknown[]).map((item) => single(1, item, element.element!, registry))));
}

/** One value with its tag; undefined is the zero of its type. */
function single(number: number, value: unknown, type: TypeInfo, registry: TypeRegistry): Uint8Array {
  switch (type.kind) {
    case 'string':
      return text(number, (value ?? '') as string);
    case 'bytes':
      return sized(
        number,
        Uint8Array.from(atob((value ?? '') as string), (each) => each.charCodeAt(0)),
      );
    case 'boolean':
      return integer(number, value ? 1 : 0);
    case 'int32':
    case 'int64':
      return integer(number, (value ?? 0) as number);
    case 'double': {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, (value ?? 0) as number, true);
      return concat([tag(number, FIXED64), bytes]);
    }
    case 'quantity':
      return sized(number, text(1, String(value ?? '0')));
    case 'intOrString':
      return sized(
        number,
        typeof value === 'string'
          ? concat([integer(1, 1), integer(2, 0), text(3, value)])
          : concat([integer(1, 0), integer(2, (value ?? 0) as number), text(3, '')]),
      );
    case 'time':
    case 'microTime':
      return sized(number, value === undefined || value === null ? EMPTY : time(value as string));
    case 'duration':
      return sized(number, integer(1, BigInt(Math.round(parseFloat((value ?? '0s') as string) * 1e9))));
    case 'any':
      return sized(number, value === undefined ? EMPTY : text(1, JSON.stringify(value)));
    default:
      return sized(number, message((value ?? {}) as Record<string, unknown>, type, registry));
  }
}

function time(value: string): Uint8Array {
  const [, date, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(value) ?? [undefined, value];
  return concat([
    integer(1, Math.floor(Date.parse(`${date}Z`) / 1000)),
    integer(2, Number(fraction.padEnd(9, '0').slice(0, 9))),
  ]);
}
