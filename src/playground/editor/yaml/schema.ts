/**
 * OpenAPI v3 schemas as the Kubernetes API publishes them, and the way through them by a path of fields.
 * Understands what `/openapi/v3` uses: `$ref`, `allOf` of one member, `properties`, `additionalProperties`,
 * `items`, `enum`, and the `x-kubernetes-*` extensions for values of two types.
 */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

/** The schemas of one group and version, by name. */
export type Definitions = Record<string, Schema>;

/** Field names and list indexes from the root of an object. */
export type Path = readonly (string | number)[];

const REF = '#/components/schemas/';

/**
 * What `schema` refers to, with the description of the place that refers: it says more about the field than
 * the type's own.
 */
export function resolve(schema: Schema, definitions: Definitions): Schema {
  let resolved = schema;
  // Each step follows one reference; published schemas nest a few, a cycle of bare references ends here.
  for (let step = 0; step < 16; step++) {
    const next = resolved.$ref ?? (resolved.allOf?.length === 1 ? resolved.allOf[0]!.$ref : undefined);
    const target = next?.startsWith(REF) ? definitions[next.slice(REF.length)] : undefined;
    if (!target) break;
    resolved = resolved.description ? { ...target, description: resolved.description } : target;
  }
  return resolved;
}

/** The schema of the value at `path`; undefined where none is known. */
export function schemaAt(root: Schema, path: Path, definitions: Definitions): Schema | undefined {
  let schema: Schema | undefined = resolve(root, definitions);
  for (const step of path) {
    schema = typeof step === 'number' ? schema.items : fieldOf(schema, step);
    if (!schema) return undefined;
    schema = resolve(schema, definitions);
  }
  return schema;
}

function fieldOf(schema: Schema, name: string): Schema | undefined {
  const own = schema.properties?.[name];
  if (own) return own;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether a map of this schema may have fields that the schema does not name. */
export const isOpen = (schema: Schema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true ||
  schema['x-kubernetes-embedded-resource'] === true ||
  (schema.additionalProperties !== undefined && schema.additionalProperties !== false) ||
  schema.properties === undefined;

/** The type in a word or two, as `kubectl explain` writes it. */
export function typeName(schema: Schema, definitions: Definitions): string {
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string') return 'integer or string';
  const type = schema.type ?? (schema.properties ? 'object' : 'any');
  if (type === 'array' && schema.items)
    return `[]${typeName(resolve(schema.items, definitions), definitions)}`;
  if (type === 'object' && typeof schema.additionalProperties === 'object') {
    return `map[string]${typeName(resolve(schema.additionalProperties, definitions), definitions)}`;
  }
  return type;
}
