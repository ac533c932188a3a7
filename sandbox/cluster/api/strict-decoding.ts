/**
 * From parsed JSON to an object as the API server holds it: what the Go decoder, its strict mode and the
 * round trip through Go structs do. Types are checked, unknown fields are reported and dropped, nulls and
 * zero values that Go would omit disappear, fields that Go always writes appear, quantities and times take
 * their canonical form.
 *
 * Copies only what it changes: a subtree that is already canonical is returned as it came, and one that is
 * identical to the same subtree of `trusted` is not even looked at. So an update that replaces `status`
 * costs what its status costs, and later stages can compare subtrees by reference.
 */
import { toBase64 } from '../../core/base64.ts';
import { canonicalQuantity } from './quantity.ts';
import { type FieldInfo, type TypeInfo, type TypeRegistry } from './schema.ts';
import type { KubernetesObject } from './object.ts';
import { StatusError } from './status.ts';
import { isObject } from './json-object.ts';

export interface DecodeOptions {
  /** Paths of fields that occur more than once in the source (`duplicateFields`). */
  duplicates?: ReadonlySet<string>;
  /** An object that is known to be canonical, e.g. the stored one. */
  trusted?: unknown;
}

export interface Decoded<T = any> {
  object: T;
  /** `unknown field "spec.foo"`, `duplicate field "spec.bar"`, in document order. */
  strict: string[];
}

/** The value cannot be decoded; the message is Go's, without the kind in front. */
export class DecodingError extends Error {}

interface Context {
  strict: string[];
  duplicates: ReadonlySet<string> | undefined;
  /** The first type mismatch. Decoding goes on: a malformed quantity later on takes precedence, as in Go. */
  mismatch: string | undefined;
}

/** Throws `DecodingError`. `typeName` is an OpenAPI name or a resolved type. */
export function decode(
  value: unknown,
  typeName: string | TypeInfo,
  registry: TypeRegistry,
  options: DecodeOptions = {},
): Decoded {
  const type = typeof typeName === 'string' ? registry.typeOf(typeName) : typeName;
  if (!type) throw new Error(`unknown type ${String(typeName)}`);
  const context: Context = { strict: [], duplicates: options.duplicates, mismatch: undefined };
  const object = decodeValue(value, type, context, undefined, options.trusted);
  if (context.mismatch !== undefined) throw new DecodingError(context.mismatch);
  return { object, strict: context.strict };
}

export interface DecodeObjectOptions extends DecodeOptions {
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  onWarning?: (text: string) => void;
}

/**
 * Decodes the body of a request for `kind`. Throws `StatusError` (BadRequest) in the server's words; with
 * `fieldValidation` Strict also for unknown and duplicate fields, with Warn (the default) warns of them.
 */
export function decodeObject(
  body: unknown,
  kind: { group: string; version: string; kind: string },
  registry: TypeRegistry,
  options: DecodeObjectOptions = {},
): KubernetesObject {
  const type = registry.typeForKind(kind.group, kind.version, kind.kind);
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  const prefix = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: `;
  if (!type)
    throw new StatusError(
      'BadRequest',
      `${prefix}no kind "${kind.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  let decoded: Decoded;
  try {
    decoded =
      registry.hooksOf(kind.group, kind.version, kind.kind)?.decode?.(body ?? {}, options) ??
      decode(body ?? {}, type, registry, options);
  } catch (error) {
    if (!(error instanceof DecodingError)) throw error;
    throw new StatusError('BadRequest', prefix + error.message);
  }
  const { strict } = decoded;
  if (strict.length > 0) {
    const validation = options.fieldValidation ?? 'Warn';
    if (validation === 'Strict')
      throw new StatusError('BadRequest', `${prefix}strict decoding error: ${strict.join(', ')}`);
    if (validation === 'Warn') for (const problem of strict) options.onWarning?.(problem);
  }
  const object = decoded.object as KubernetesObject;
  return object.apiVersion === apiVersion && object.kind === kind.kind
    ? object
    : { ...object, apiVersion, kind: kind.kind };
}

/** Where a value stands: for Go's messages the JSON path without indexes, for strict ones with them. */
interface Place {
  struct: string;
  path: string;
  indexed: string;
}

function decodeValue(
  value: unknown,
  type: TypeInfo,
  context: Context,
  place: Place | undefined,
  trusted: unknown,
): unknown {
  if (value === trusted && value !== undefined) return value;
  switch (type.kind) {
    case 'struct':
      return decodeStruct(value, type, context, place, trusted);
    case 'list':
      return decodeList(value, type, context, place, trusted);
    case 'map':
      return decodeMap(value, type, context, place, trusted);
    case 'string':
      return typeof value === 'string' ? value : mismatch(value, type, context, place, '');
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, type, context, place, false);
    case 'int32':
      return isInteger(value, 2 ** 31 - 1) ? value : mismatch(value, type, context, place, 0);
    case 'int64':
      return isInteger(value, 2 ** 63) ? value : mismatch(value, type, context, place, 0);
    case 'double':
      return typeof value === 'number' ? value : mismatch(value, type, context, place, 0);
    case 'intOrString':
      return decodeIntOrString(value, type, context, place);
    case 'quantity':
      return decodeQuantity(value);
    case 'time':
    case 'microTime':
      return decodeTime(value, type, place);
    case 'bytes':
      return decodeBytes(value, type, context, place);
    case 'duration':
      return typeof value === 'string' ? value : mismatch(value, type, context, place, '0s');
    case 'any':
      return value;
  }
}

function decodeStruct(
  value: unknown,
  type: TypeInfo,
  context: Context,
  place: Place | undefined,
  trusted: unknown,
): unknown {
  if (!isObject(value)) return mismatch(value, type, context, place, {});
  const base = isObject(trusted) ? trusted : undefined;
  let out = value;
  for (const name in value) {
    const given = value[name];
    const field = type.fields.get(name);
    if (!field) {
      if (type.preserveUnknown) continue;
      context.strict.push(`unknown field "${indexedPath(place, name)}"`);
      if (out === value) out = { ...value };
      delete out[name];
      continue;
    }
    if (context.duplicates?.has(indexedPath(place, name)))
      context.strict.push(`duplicate field "${indexedPath(place, name)}"`);
    if (base && given === base[name] && given !== null) continue;
    if (isCanonicalScalar(given, field.type)) continue;
    const decoded =
      given === null || given === undefined
        ? undefined
        : decodeField(given, field, type, context, place, base?.[name]);
    if (decoded === given) continue;
    if (out === value) out = { ...value };
    if (decoded === undefined) delete out[name];
    else out[name] = decoded;
  }
  for (const field of type.always) {
    if (out[field.name] !== undefined) continue;
    if (out === value) out = { ...value };
    out[field.name] = zeroOf(field.type);
  }
  return out;
}

/** Whether it stays as it is wherever it stands: most values do, and need no place to complain about. */
function isCanonicalScalar(value: unknown, type: TypeInfo): boolean {
  switch (typeof value) {
    case 'string':
      return type.kind === 'string' && value !== '';
    case 'boolean':
      return type.kind === 'boolean' && value;
    case 'number':
      return type.kind === 'int32' && value !== 0 && isInteger(value, 2 ** 31 - 1);
    default:
      return false;
  }
}

/** `undefined` when Go would omit the value. */
function decodeField(
  given: unknown,
  field: FieldInfo,
  parent: TypeInfo,
  context: Context,
  place: Place | undefined,
  trusted: unknown,
): unknown {
  const at = new FieldPlace(parent, place, field.name);
  const decoded = decodeValue(given, field.type, context, at, trusted);
  if (field.pointer || field.always) return decoded;
  return isOmitted(decoded, field.type) ? undefined : decoded;
}

/** Computes its texts only when somebody asks, which is when something is wrong. */
class FieldPlace implements Place {
  #parent: TypeInfo;
  #outer: Place | undefined;
  #name: string;
  constructor(parent: TypeInfo, outer: Place | undefined, name: string) {
    this.#parent = parent;
    this.#outer = outer;
    this.#name = name;
  }
  get struct(): string {
    return this.#parent.goType.slice(this.#parent.goType.lastIndexOf('.') + 1);
  }
  get path(): string {
    const name = embedded(this.#parent, this.#name) + this.#name;
    return this.#outer ? `${this.#outer.path}.${name}` : name;
  }
  get indexed(): string {
    return indexedPath(this.#outer, this.#name);
  }
}

/** Go names the embedded struct on the way to a field that JSON has inlined. */
function embedded(type: TypeInfo, name: string): string {
  const inlined = Object.values(type.protoInline ?? {});
  return inlined.length === 1 && type.fields.get(name)?.proto === undefined ? `${inlined[0]![1]}.` : '';
}

/** An item of a list or a value of a map: Go's path stays at the field. */
class ItemPlace implements Place {
  #outer: Place | undefined;
  #index: string;
  constructor(outer: Place | undefined, index: string) {
    this.#outer = outer;
    this.#index = index;
  }
  get struct(): string {
    return this.#outer?.struct ?? '';
  }
  get path(): string {
    return this.#outer?.path ?? '';
  }
  get indexed(): string {
    return `${this.#outer?.indexed ?? ''}${this.#index}`;
  }
}

const indexedPath = (place: Place | undefined, name: string) => (place ? `${place.indexed}.${name}` : name);

function decodeList(
  value: unknown,
  type: TypeInfo,
  context: Context,
  place: Place | undefined,
  trusted: unknown,
): unknown {
  if (!Array.isArray(value)) return mismatch(value, type, context, place, []);
  const element = type.element!;
  const base = Array.isArray(trusted) ? trusted : undefined;
  let out: unknown[] = value;
  for (let index = 0; index < value.length; index++) {
    const given = value[index];
    const decoded =
      given === null
        ? decodeValue(zeroOf(element), element, context, place, undefined)
        : decodeValue(given, element, context, new ItemPlace(place, `[${index}]`), base?.[index]);
    if (decoded === given) continue;
    if (out === value) out = value.slice();
    out[index] = decoded;
  }
  return out;
}

function decodeMap(
  value: unknown,
  type: TypeInfo,
  context: Context,
  place: Place | undefined,
  trusted: unknown,
): unknown {
  if (!isObject(value)) return mismatch(value, type, context, place, {});
  const element = type.element!;
  const base = isObject(trusted) ? trusted : undefined;
  let out = value;
  for (const key in value) {
    const given = value[key];
    if (element.kind === 'string' && typeof given === 'string') continue;
    const decoded =
      given === null
        ? zeroOf(element)
        : decodeValue(given, element, context, new ItemPlace(place, `.${key}`), base?.[key]);
    if (decoded === given) continue;
    if (out === value) out = { ...value };
    out[key] = decoded;
  }
  return out;
}

function decodeIntOrString(value: unknown, type: TypeInfo, context: Context, place: Place | undefined) {
  if (typeof value === 'string' || isInteger(value, 2 ** 31 - 1)) return value;
  const asInt = { ...type, goType: 'int32' };
  // A custom unmarshaler's error ends decoding at once.
  throw new DecodingError(mismatchMessage(value, asInt, context, place));
}

function decodeQuantity(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') value = '{';
  try {
    return canonicalQuantity(value as string);
  } catch (error) {
    throw new DecodingError((error as Error).message);
  }
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/** The last times that were right as they are: what is written within a second carries the same ones. */
const lastTimes = { time: '', microTime: '' };

function decodeTime(value: unknown, type: TypeInfo, place: Place | undefined): unknown {
  if (typeof value !== 'string') {
    const asText = { ...type, goType: 'string' };
    throw new DecodingError(mismatchMessage(value, asText, undefined, place));
  }
  const kind = type.kind as keyof typeof lastTimes;
  if (value === lastTimes[kind] && value !== '') return value;
  const match = TIME.exec(value);
  const micro = kind === 'microTime';
  const epochMs = match ? Date.parse(match[7] ? value.replace(/\.\d+/, '') : value) : NaN;
  if (!match || Number.isNaN(epochMs) || (micro && match[7]?.length !== 6))
    throw new DecodingError(timeError(value, micro));
  if (match[8] === 'Z' && (micro || match[7] === undefined)) return (lastTimes[kind] = value);
  const seconds = new Date(epochMs).toISOString().slice(0, 19);
  return micro ? `${seconds}.${match[7]}Z` : `${seconds}Z`;
}

/** The part of the layout at which Go's `time.Parse` gave up. */
function timeError(value: string, micro: boolean): string {
  const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
  const parts: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    micro ? [/^\d\d/, '05'] : [/^\d\d(\.\d+)?/, '05'],
    ...(micro ? ([[/^\.\d{6}/, '.000000']] as [RegExp, string][]) : []),
    [/^(Z|[+-]\d\d:\d\d)$/, 'Z07:00'],
  ];
  let rest = value;
  for (const [pattern, name] of parts) {
    const match = pattern.exec(rest);
    if (!match)
      return `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`;
    rest = rest.slice(match[0].length);
  }
  return `parsing time ${JSON.stringify(value)}: day out of range`;
}

function decodeBytes(value: unknown, type: TypeInfo, context: Context, place: Place | undefined) {
  // To Go bytes are a list of numbers too.
  if (Array.isArray(value) && value.every((byte) => isInteger(byte, 255) && byte >= 0))
    return toBase64(Uint8Array.from(value));
  if (typeof value !== 'string') return mismatch(value, type, context, place, '');
  const compact = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  const bad = firstBadBase64(compact);
  if (bad >= 0) {
    context.mismatch ??= `illegal base64 data at input byte ${bad}`;
    return '';
  }
  return compact;
}

/** Index of the first byte that Go's standard decoder rejects, or -1. */
function firstBadBase64(text: string): number {
  const stop = /[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length;
  const rest = text.slice(stop);
  if (rest === '' && stop % 4 === 0) return -1;
  if ((rest === '=' && stop % 4 === 3) || (rest === '==' && stop % 4 === 2)) return -1;
  if (rest.startsWith('=') && stop % 4 >= 2) return Math.min(text.length, stop + (stop % 4 === 2 ? 1 : 1));
  return rest === '' ? text.length - (text.length % 4) : stop;
}

function mismatch<T>(value: unknown, type: TypeInfo, context: Context, place: Place | undefined, zero: T): T {
  context.mismatch ??= mismatchMessage(value, type, context, place);
  return zero;
}

function mismatchMessage(
  value: unknown,
  type: TypeInfo,
  _context: Context | undefined,
  place: Place | undefined,
): string {
  const field = place ? `struct field ${place.struct}.${place.path}` : 'value';
  return `json: cannot unmarshal ${describe(value, type)} into Go ${field} of type ${type.goType}`;
}

function describe(value: unknown, type: TypeInfo): string {
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number': {
      // A number that does not fit its type is quoted, one in the wrong place is not.
      const numeric = type.goType.startsWith('int') || type.goType === 'float64';
      return numeric ? `number ${value}` : 'number';
    }
    default:
      return 'object';
  }
}

const isInteger = (value: unknown, limit: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value <= limit && value >= -limit - 1;

function isOmitted(value: unknown, type: TypeInfo): boolean {
  switch (type.kind) {
    case 'list':
      return (value as unknown[]).length === 0;
    case 'map':
      for (const _ in value as object) return false;
      return true;
    case 'string':
    case 'bytes':
      return value === '';
    case 'int32':
    case 'int64':
    case 'double':
      return value === 0;
    case 'boolean':
      return value === false;
    default:
      return false;
  }
}

/** Go's zero value as JSON shows it. */
function zeroOf(type: TypeInfo): unknown {
  switch (type.kind) {
    case 'struct': {
      const zero: Record<string, unknown> = {};
      for (const field of type.always) zero[field.name] = zeroOf(field.type);
      return zero;
    }
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    default:
      return null;
  }
}

/** Paths (`spec.containers[0].name`) of members that occur more than once in valid JSON `text`. */
export function duplicateFields(text: string): Set<string> {
  const duplicates = new Set<string>();
  const frames: { path: string; keys: Set<string> | undefined; index: number; expectKey: boolean }[] = [];
  let path = '';
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const frame = frames.at(-1);
    switch (match[0]) {
      case '{':
        frames.push({ path, keys: new Set(), index: 0, expectKey: true });
        break;
      case '[':
        frames.push({ path, keys: undefined, index: 0, expectKey: false });
        path = `${path}[0]`;
        break;
      case '}':
      case ']':
        frames.pop();
        break;
      case ',':
        if (!frame) break;
        if (frame.keys) frame.expectKey = true;
        else path = `${frame.path}[${++frame.index}]`;
        break;
      case ':':
        break;
      default:
        if (frame?.keys && frame.expectKey) {
          const key = JSON.parse(match[0]) as string;
          path = frame.path ? `${frame.path}.${key}` : key;
          if (frame.keys.has(key)) duplicates.add(path);
          frame.keys.add(key);
          frame.expectKey = false;
        }
    }
  }
  return duplicates;
}
