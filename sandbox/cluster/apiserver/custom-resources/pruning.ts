/**
 * What decoding does to a custom resource beyond JSON (apiextensions-apiserver `schema/pruning`,
 * `schema/objectmeta`, `schema/defaulting/prunenulls.go`): fields that the schema does not know are dropped,
 * nulls where none may be are dropped, and metadata is that of every object, inside embedded ones too.
 *
 * Nothing is changed in place; what is as it should be is returned as it came.
 */
import type { TypeRegistry } from '../../api/schema.ts';
import { decode, DecodingError } from '../../api/strict-decoding.ts';
import { isObject } from '../../api/json-object.ts';
import { fieldOf, goJson, itemsOf, type Json, type JsonSchema } from './json-schema.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/** Metadata inside the object is not what it has to be; the message is the server's. */
export class MetadataError extends Error {}

/** A copy of `object` with one field set, or without it. */
function replaced(object: Json, original: Json, name: string, value: unknown): Json {
  const out = object === original ? { ...object } : object;
  if (value === undefined) delete out[name];
  else out[name] = value;
  return out;
}

const DROP = Symbol('drop');

/** Without unknown fields, whose paths are added to `unknown`. `root`: the object is a whole resource. */
export function pruned(value: unknown, schema: JsonSchema, root: boolean, unknown: string[]): any {
  return prune(value, schema, '', root || schema['x-kubernetes-embedded-resource'] === true, unknown);
}

function prune(
  value: unknown,
  schema: JsonSchema | undefined,
  path: string,
  embedded: boolean,
  unknown: string[],
): unknown {
  const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  const inner = (child: unknown, of: JsonSchema | undefined, at: string) =>
    prune(child, of, at, of?.['x-kubernetes-embedded-resource'] === true, unknown);
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    // What is kept unread has schemas for parts of it at most.
    if (keeps && !items) return value;
    return mapped(value, (item, index) => inner(item, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return value;
  let out = value;
  for (const name in value) {
    if (embedded && META_FIELDS.has(name)) continue;
    const at = path === '' ? name : `${path}.${name}`;
    const known =
      (schema?.properties && Object.hasOwn(schema.properties, name)) ||
      schema?.additionalProperties !== undefined;
    if (known) {
      const of = fieldOf(schema, name);
      // Values of `additionalProperties: true` have no schema: what they hold is unknown.
      const next = inner(value[name], of, at);
      if (next !== value[name]) out = replaced(out, value, name, next);
    } else if (!keeps) {
      if (path !== '' || !META_FIELDS.has(name)) unknown.push(at);
      out = replaced(out, value, name, undefined);
    }
  }
  return out;
}

function mapped(list: unknown[], transform: (item: unknown, index: number) => unknown): unknown[] {
  let out = list;
  list.forEach((item, index) => {
    const next = transform(item, index);
    if (next === item) return;
    if (out === list) out = list.slice();
    out[index] = next;
  });
  return out;
}

/** Without nulls where the schema allows none and has no default for them. */
export function withoutNulls(value: unknown, schema: JsonSchema | undefined): any {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return mapped(value, (item) => withoutNulls(item, items));
  }
  if (!isObject(value)) return value;
  let out = value;
  for (const name in value) {
    const of = fieldOf(schema, name);
    const next =
      value[name] === null && of && !of.nullable && of.default === undefined
        ? DROP
        : withoutNulls(value[name], of);
    if (next === DROP) out = replaced(out, value, name, undefined);
    else if (next !== value[name]) out = replaced(out, value, name, next);
  }
  return out;
}

/**
 * With the metadata of embedded objects decoded; unknown fields of theirs are added to `unknown`. Throws
 * `MetadataError`.
 */
export function withMetadata(
  value: unknown,
  schema: JsonSchema | undefined,
  types: TypeRegistry,
  unknown: string[],
): any {
  const found: string[] = [];
  const out = coerce(value, schema, '', types, found);
  unknown.push(...found.sort());
  return out;
}

function coerce(
  value: unknown,
  schema: JsonSchema | undefined,
  path: string,
  types: TypeRegistry,
  unknown: string[],
): unknown {
  if (!schema) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return mapped(value, (item, index) => coerce(item, items, `${path}[${index}]`, types, unknown));
  }
  if (!isObject(value)) return value;
  let out = value;
  for (const name in value) {
    const at = path === '' ? name : `${path}.${name}`;
    let next = value[name];
    if (schema['x-kubernetes-embedded-resource']) {
      if ((name === 'apiVersion' || name === 'kind') && typeof next !== 'string')
        throw new MetadataError(`${at}: Invalid value: ${goJson(next)}: must be a string`);
      if (name === 'metadata') next = decodedMetadata(next, at, types, unknown);
    }
    const own = schema.properties && Object.hasOwn(schema.properties, name);
    next = coerce(next, fieldOf(schema, name), own ? at : `${path}[${name}]`, types, unknown);
    if (next !== value[name]) out = replaced(out, value, name, next);
  }
  return out;
}

function decodedMetadata(value: unknown, at: string, types: TypeRegistry, unknown: string[]): unknown {
  try {
    const { object, strict } = decode(value, OBJECT_META, types);
    for (const problem of strict) unknown.push(problem.replace(/^\w+ field "(.*)"$/s, `${at}.$1`));
    if (object['creationTimestamp']) return object;
    const { creationTimestamp: _, ...rest } = object;
    return 'creationTimestamp' in object ? rest : object;
  } catch (error) {
    if (!(error instanceof DecodingError)) throw error;
    throw new MetadataError(`${at}: Invalid value: ${goJson(value)}: ${error.message}`);
  }
}
