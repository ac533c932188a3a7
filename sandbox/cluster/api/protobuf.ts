/**
 * Kubernetes' protobuf encoding (`application/vnd.kubernetes.protobuf`): the magic `k8s\0`, then
 * `runtime.Unknown` around the object. Read by the field numbers in the facts; clients in Go send their
 * bodies this way. `protobuf-writer.ts` writes.
 */
import { toBase64 } from '../../core/base64.ts';
import { decode as decodeUtf8 } from '../../core/bytes.ts';
import type { KubernetesObject } from './object.ts';
import { setOwn } from './own-property.ts';
import { parseApiVersion, type FieldInfo, type TypeInfo, type TypeRegistry } from './schema.ts';

export const MAGIC = [0x6b, 0x38, 0x73, 0x00];
/** Messages in messages. gogo/protobuf stops at 10,000; every later step here is a recursive function. */
const MAX_DEPTH = 1000;

/** The bytes are not what they claim to be. */
export class ProtobufError extends Error {}

export const isProtobuf = (bytes: Uint8Array): boolean => MAGIC.every((byte, index) => bytes[index] === byte);

/** The object with its apiVersion and kind; its other fields as JSON would have them. Throws `ProtobufError`. */
export function decodeProtobuf(bytes: Uint8Array, registry: TypeRegistry): KubernetesObject {
  if (!isProtobuf(bytes))
    throw new ProtobufError(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array(0);
  for (const field of fieldsOf(bytes.subarray(MAGIC.length))) {
    if (field.number === 1)
      for (const inner of fieldsOf(bytesOf(field))) {
        if (inner.number === 1) apiVersion = decodeUtf8(bytesOf(inner));
        if (inner.number === 2) kind = decodeUtf8(bytesOf(inner));
      }
    else if (field.number === 2) raw = bytesOf(field);
  }
  if (bytes.length === MAGIC.length) throw new ProtobufError('empty body');
  const { group, version } = parseApiVersion(apiVersion);
  const type = registry.typeForKind(group, version, kind);
  if (!type) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { ...(decodeMessage(raw, type, registry) as KubernetesObject), apiVersion, kind };
}

interface WireField {
  number: number;
  /** Varints. */
  value?: bigint;
  /** Fixed numbers, and what has a length. */
  bytes?: Uint8Array;
}

/** What has a length, or is at least `size` bytes of a fixed number. The sender may have written another type. */
function bytesOf({ number, bytes }: WireField, size = 0): Uint8Array {
  if (!bytes || bytes.length < size) throw new ProtobufError(`proto: wrong wireType for field ${number}`);
  return bytes;
}

function numberOf({ number, value }: WireField): bigint {
  if (value === undefined) throw new ProtobufError(`proto: wrong wireType for field ${number}`);
  return value;
}

function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (size: number): Uint8Array => {
    if (at + size > bytes.length) throw new ProtobufError('unexpected EOF');
    at += size;
    return bytes.subarray(at - size, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    switch (key & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, bytes: take(8) };
        break;
      case 2:
        yield { number, bytes: take(Number(varint())) };
        break;
      case 5:
        yield { number, bytes: take(4) };
        break;
      default:
        throw new ProtobufError(`illegal wireType ${key & 7}`);
    }
  }
}

/** What a field number means in a message: a field of its own, or a message whose fields are inlined. */
export type Slot = { field: FieldInfo } | { inlined: ReadonlyMap<number, FieldInfo> };
const layouts = new WeakMap<TypeInfo, ReadonlyMap<number, Slot>>();

/** The fields of a message by their numbers. */
export function layoutOf(type: TypeInfo, registry: TypeRegistry): ReadonlyMap<number, Slot> {
  const known = layouts.get(type);
  if (known) return known;
  const layout = new Map<number, Slot>();
  for (const field of type.fields.values()) if (field.proto !== undefined) layout.set(field.proto, { field });
  for (const [number, message] of Object.values(type.protoInline ?? {})) {
    const inlined = inlinedFields(type, message, registry);
    if (inlined) layout.set(number, { inlined });
  }
  layouts.set(type, layout);
  return layout;
}

/** The fields of `type` that stand in the embedded `message`, by their numbers there. */
function inlinedFields(
  type: TypeInfo,
  message: string,
  registry: TypeRegistry,
): ReadonlyMap<number, FieldInfo> | undefined {
  const scope = type.name!.slice(0, type.name!.lastIndexOf('.'));
  const numbers = new Map<number, FieldInfo>();
  const schema = registry.typeOf(`${scope}.${message}`);
  if (schema?.fields.size) {
    for (const field of schema.fields.values()) {
      const own = type.fields.get(field.name);
      if (own && field.proto !== undefined) numbers.set(field.proto, own);
    }
    return numbers;
  }
  const facts = registry.protobufMessage(`${scope.replace(/^io\.k8s/, 'k8s.io')}.${message}`);
  if (!facts) return undefined;
  for (const [name, [number]] of Object.entries(facts)) {
    const own = type.fields.get(name);
    if (own) numbers.set(number, own);
  }
  return numbers;
}

function decodeMessage(bytes: Uint8Array, type: TypeInfo, registry: TypeRegistry): unknown {
  switch (type.kind) {
    case 'time':
    case 'microTime':
      return decodeTime(bytes, type.kind === 'microTime');
    case 'quantity':
      return decodeString(bytes, 1);
    case 'intOrString':
      return decodeIntOrString(bytes);
    case 'duration':
      return `${Number(first(bytes, 1)?.value ?? 0n) / 1e9}s`;
    case 'any':
      return decodeRaw(bytes);
    default:
      return decodeStruct(bytes, type, registry);
  }
}

/** Messages that are being read, one in the other. */
let depth = 0;

function decodeStruct(bytes: Uint8Array, type: TypeInfo, registry: TypeRegistry): Record<string, unknown> {
  if (depth >= MAX_DEPTH) throw new ProtobufError('exceeded max depth');
  depth++;
  try {
    return structFields(bytes, type, registry);
  } finally {
    depth--;
  }
}

function structFields(bytes: Uint8Array, type: TypeInfo, registry: TypeRegistry): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const layout = layoutOf(type, registry);
  for (const wire of fieldsOf(bytes)) {
    const slot = layout.get(wire.number);
    if (!slot) continue;
    if ('field' in slot) put(out, slot.field, wire, registry);
    else
      for (const inner of fieldsOf(bytesOf(wire))) {
        const field = slot.inlined.get(inner.number);
        if (field) put(out, field, inner, registry);
      }
  }
  return out;
}

function put(out: Record<string, unknown>, field: FieldInfo, wire: WireField, registry: TypeRegistry): void {
  const { name, type } = field;
  if (type.kind === 'list') {
    const list = (out[name] ??= []) as unknown[];
    if (isPacked(type.element!, wire)) {
      for (const value of packed(wire.bytes!)) list.push(Number(BigInt.asIntN(64, value)));
    } else list.push(decodeValue(wire, type.element!, registry));
  } else if (type.kind === 'map') {
    const [key, value] = decodeEntry(bytesOf(wire), type.element!, registry);
    setOwn((out[name] ??= {}) as Record<string, unknown>, key, value);
  } else {
    const value = decodeValue(wire, type, registry);
    // Go writes the zero of what is not a pointer; JSON would leave it out.
    if (value === null) return;
    if (!field.pointer && !field.always && isZero(value)) return;
    out[name] = value;
  }
}

const isZero = (value: unknown) => value === '' || value === 0 || value === false;

const isPacked = (element: TypeInfo, wire: WireField) =>
  wire.bytes !== undefined && (element.kind === 'int32' || element.kind === 'int64');

function* packed(bytes: Uint8Array): Generator<bigint> {
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    yield value;
    value = 0n;
    shift = 0n;
  }
}

function decodeEntry(bytes: Uint8Array, element: TypeInfo, registry: TypeRegistry): [string, unknown] {
  let key = '';
  let value: unknown = zeroOf(element);
  for (const wire of fieldsOf(bytes)) {
    if (wire.number === 1) key = decodeUtf8(bytesOf(wire));
    // A list as the value of a map is a message with the list in its first field.
    else if (wire.number === 2)
      value =
        element.kind === 'list'
          ? [...fieldsOf(bytesOf(wire))].map((item) => decodeValue(item, element.element!, registry))
          : decodeValue(wire, element, registry);
  }
  return [key, value];
}

function zeroOf(type: TypeInfo): unknown {
  if (type.kind === 'list') return [];
  return type.kind === 'string' || type.kind === 'bytes' ? '' : type.kind === 'quantity' ? '0' : 0;
}

function decodeValue(wire: WireField, type: TypeInfo, registry: TypeRegistry): unknown {
  switch (type.kind) {
    case 'string':
      return decodeUtf8(bytesOf(wire));
    case 'bytes':
      return toBase64(bytesOf(wire));
    case 'boolean':
      return numberOf(wire) !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, numberOf(wire)));
    case 'int64':
      return Number(BigInt.asIntN(64, numberOf(wire)));
    case 'double':
      return new DataView(bytesOf(wire, 8).slice().buffer).getFloat64(0, true);
    default:
      return decodeMessage(bytesOf(wire), type, registry);
  }
}

function first(bytes: Uint8Array, number: number): WireField | undefined {
  for (const field of fieldsOf(bytes)) if (field.number === number) return field;
  return undefined;
}

function decodeString(bytes: Uint8Array, number: number): string {
  const field = first(bytes, number);
  return field?.bytes ? decodeUtf8(field.bytes) : '';
}

/** Years 0 to 9999, as far as RFC 3339 goes. */
const [MIN_SECONDS, MAX_SECONDS] = [-62_167_219_200n, 253_402_300_799n];

/** `null` for the zero time, as in JSON. */
function decodeTime(bytes: Uint8Array, micro: boolean): string | null {
  let seconds = 0n;
  let nanos = 0n;
  let given = false;
  for (const field of fieldsOf(bytes)) {
    given = true;
    if (field.number === 1) seconds = BigInt.asIntN(64, numberOf(field));
    if (field.number === 2) nanos = numberOf(field);
  }
  if (!given) return null;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    throw new ProtobufError('year is not in the range [0,9999]');
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return micro ? `${text}.${String(nanos / 1000n).padStart(6, '0')}Z` : `${text}Z`;
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  let isText = false;
  let number = 0;
  let text = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) isText = numberOf(field) === 1n;
    if (field.number === 2) number = Number(BigInt.asIntN(32, numberOf(field)));
    if (field.number === 3) text = decodeUtf8(bytesOf(field));
  }
  return isText ? text : number;
}

/** RawExtension, FieldsV1: JSON inside. */
function decodeRaw(bytes: Uint8Array): unknown {
  const raw = first(bytes, 1)?.bytes;
  if (!raw || raw.length === 0) return null;
  try {
    return JSON.parse(decodeUtf8(raw));
  } catch {
    throw new ProtobufError('raw extension is not JSON');
  }
}
