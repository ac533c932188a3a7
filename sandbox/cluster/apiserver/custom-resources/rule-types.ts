/**
 * Schemas as CEL sees them (apiserver `pkg/cel/common/schemas.go`, `values.go`): the type of `self` for the
 * compiler, the sizes of values for the cost, and values themselves, with numbers that are ints or doubles
 * as the schema says and names that CEL can read.
 */
import type { Environment } from '@marcbachmann/cel-js';
import type { Shape } from '../../../cel/cost-estimate.ts';
import { isObject } from '../../api/json-object.ts';
import { fieldOf, isEmpty, itemsOf, valuesOf, type Json, type JsonSchema } from './json-schema.ts';

/** Largest request, and with it the largest list or text that no limit bounds. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const OBJECT_META: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 253 },
    generateName: { type: 'string', maxLength: 253 },
  },
};

/** The name by which CEL reads a field; undefined for names that it cannot read at all. */
export function celName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** A schema of a whole object, with what every object has. */
export function withObjectFields(schema: JsonSchema): JsonSchema {
  const text: JsonSchema = { type: 'string' };
  return {
    ...schema,
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata: OBJECT_META },
  };
}

const isDynamic = (schema: JsonSchema): boolean =>
  schema['x-kubernetes-int-or-string'] === true || !schema.type;

const prepared = (schema: JsonSchema): JsonSchema =>
  schema['x-kubernetes-embedded-resource'] ? withObjectFields(schema) : schema;

/** Declares the types of a schema in an environment, and names that of the schema. */
export class TypeDeclarations {
  readonly #environment: Environment;
  #count = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  typeOf(given: JsonSchema): string {
    const schema = prepared(given);
    if (isDynamic(schema)) return 'dyn';
    switch (schema.type) {
      case 'array': {
        const items = itemsOf(schema);
        return `list<${items ? this.typeOf(items) : 'dyn'}>`;
      }
      case 'object': {
        const values = valuesOf(schema);
        if (values) return `map<string, ${this.typeOf(values)}>`;
        return schema.additionalProperties === true ? 'map<string, dyn>' : this.#object(schema);
      }
      case 'string':
        if (schema.format === 'byte') return 'bytes';
        if (schema.format === 'date' || schema.format === 'date-time') return 'google.protobuf.Timestamp';
        return schema.format === 'duration' ? 'google.protobuf.Duration' : 'string';
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      default:
        return 'dyn';
    }
  }

  #object(schema: JsonSchema): string {
    const fields: Record<string, string> = {};
    for (const name in schema.properties) {
      const known = celName(name);
      if (known) fields[known] = this.typeOf(schema.properties[name]!);
    }
    const type = `Object${++this.#count}`;
    this.#environment.registerType(type, { fields });
    this.#environment.registerOperator(`${type} == ${type}`, () => false);
    return type;
  }
}

/** The value as CEL has it. */
export function celValue(
  value: unknown,
  given: JsonSchema | undefined,
  durations: (text: string) => unknown,
): unknown {
  const schema = given && prepared(given);
  if (value === null || value === undefined) return null;
  if (typeof value === 'number')
    return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === 'string') {
    if (schema?.type !== 'string') return value;
    if (schema.format === 'date' || schema.format === 'date-time') return new Date(value);
    if (schema.format === 'duration') return durations(value);
    return schema.format === 'byte' ? bytesOf(value) : value;
  }
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return value.map((item) => celValue(item, items, durations));
  }
  if (!isObject(value)) return value;
  const out: Json = {};
  const isMap = !schema?.properties;
  for (const name in value) {
    // Fields have names in CEL, keys of maps are texts.
    const known = isMap ? name : celName(name);
    if (known !== undefined) out[known] = celValue(value[name], fieldOf(schema, name), durations);
  }
  return out;
}

function bytesOf(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** Bytes that a value of the schema takes at least. */
export function minimalSize(given: JsonSchema): number {
  const schema = prepared(given);
  if (isDynamic(schema)) return 1;
  switch (schema.type) {
    case 'string':
      if (schema.enum?.length) return Math.min(...schema.enum.map((each) => String(each).length + 2));
      return 2;
    case 'boolean':
      return 4;
    case 'integer':
    case 'number':
      return 1;
    case 'object': {
      if (isEmpty(schema.properties)) return 2;
      const needed = (schema.required ?? []).filter(
        (name) => schema.properties![name]?.default === undefined,
      );
      return needed.reduce((sum, name) => {
        const field = schema.properties![name];
        return field ? sum + minimalSize(field) + name.length + 4 : sum;
      }, 2);
    }
    default:
      return 2;
  }
}

/** What the cost of rules needs to know of a schema. */
export function shapeOf(given: JsonSchema): Shape {
  const schema = prepared(given);
  if (isDynamic(schema)) return leaf(MAX_REQUEST_BYTES - 2);
  switch (schema.type) {
    case 'array': {
      const items = itemsOf(schema);
      const element = items && shapeOf(items);
      const size =
        schema.maxItems ?? Math.floor((MAX_REQUEST_BYTES - 2) / ((items ? minimalSize(items) : 1) + 1));
      return { size: Math.max(0, size), field: () => undefined, element, iterated: element };
    }
    case 'object': {
      const values = valuesOf(schema);
      if (!values) {
        const fields = new Map<string, JsonSchema>();
        for (const name in schema.properties) fields.set(celName(name) ?? name, schema.properties[name]!);
        return {
          size: MAX_REQUEST_BYTES,
          field: (name) => (fields.has(name) ? shapeOf(fields.get(name)!) : undefined),
          element: undefined,
          iterated: undefined,
        };
      }
      const element = shapeOf(values);
      const size = schema.maxProperties ?? Math.floor((MAX_REQUEST_BYTES - 2) / (minimalSize(values) + 6));
      return {
        size: Math.max(0, size),
        field: () => element,
        element,
        iterated: leaf(MAX_REQUEST_BYTES - 2),
      };
    }
    case 'string':
      return leaf(textSize(schema));
    default:
      return leaf(1);
  }
}

function textSize({ format, maxLength, enum: values }: JsonSchema): number {
  switch (format) {
    case 'duration':
      return 32;
    case 'date':
      return 10;
    case 'date-time':
      return 25;
  }
  if (maxLength !== undefined) return format === 'byte' ? maxLength : maxLength * 4;
  if (values?.length) return Math.max(...values.map((each) => String(each).length));
  return MAX_REQUEST_BYTES - 2;
}

const leaf = (size: number): Shape => ({
  size,
  scalar: true,
  field: () => undefined,
  element: undefined,
  iterated: undefined,
});

/** How many values of the schema fit in a request. */
export const maxCardinality = (schema: JsonSchema): number =>
  Math.floor(MAX_REQUEST_BYTES / (minimalSize(schema) + 1));
