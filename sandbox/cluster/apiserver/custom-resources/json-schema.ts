/** The schema of a custom resource as a definition writes it (`JSONSchemaProps` of apiextensions.k8s.io/v1). */
import type { FieldError } from '../../api/validation/field-errors.ts';
import { isObject } from '../../api/json-object.ts';

export type Json = Record<string, any>;

export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

export interface JsonSchema {
  id?: string;
  $schema?: string;
  $ref?: string;
  description?: string;
  type?: string;
  nullable?: boolean;
  format?: string;
  title?: string;
  default?: unknown;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  multipleOf?: number;
  enum?: unknown[];
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  items?: JsonSchema | JsonSchema[];
  allOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  not?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  patternProperties?: Record<string, JsonSchema>;
  dependencies?: Record<string, JsonSchema | string[]>;
  additionalItems?: JsonSchema | boolean;
  definitions?: Record<string, JsonSchema>;
  externalDocs?: Json;
  example?: unknown;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** A version of a definition. */
export interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: {
    status?: Json;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

export const isEmpty = (value: object | undefined): boolean =>
  value === undefined || Object.keys(value).length === 0;

/** The one schema of a list's items; a list of schemas is refused where definitions are validated. */
export const itemsOf = ({ items }: JsonSchema): JsonSchema | undefined =>
  Array.isArray(items) ? undefined : items;

/** The schema of a map's values, or undefined where any value will do. */
export const valuesOf = ({ additionalProperties }: JsonSchema): JsonSchema | undefined =>
  isObject(additionalProperties) ? additionalProperties : undefined;

/** The schema of a field: its own, or that of a map's values. */
export function fieldOf(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  if (!schema) return undefined;
  const { properties } = schema;
  if (properties && Object.hasOwn(properties, name)) return properties[name];
  return valuesOf(schema);
}

/** Calls `visit` for the schema and for every schema in it, until one answers true. */
export function someSchema(schema: JsonSchema | undefined, visit: (schema: JsonSchema) => boolean): boolean {
  if (!isObject(schema)) return false;
  if (visit(schema)) return true;
  const any = (schemas: (JsonSchema | undefined)[]) => schemas.some((each) => someSchema(each, visit));
  const { items, additionalProperties, additionalItems, not, allOf, anyOf, oneOf } = schema;
  return (
    any(Array.isArray(items) ? items : [items]) ||
    any([...(allOf ?? []), ...(anyOf ?? []), ...(oneOf ?? []), not]) ||
    any(Object.values(schema.properties ?? {})) ||
    any([additionalProperties, additionalItems].filter(isObject)) ||
    any(Object.values(schema.patternProperties ?? {})) ||
    any(Object.values(schema.definitions ?? {})) ||
    any(Object.values(schema.dependencies ?? {}).filter(isObject))
  );
}

export const hasRules = (schema: JsonSchema | undefined): boolean =>
  someSchema(schema, (each) => (each['x-kubernetes-validations'] ?? []).length > 0);

/** `a.b`, or `b` at the root. */
export const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** What Go prints for a path that is none: problems of the whole object. */
export const wholeObject = (path: string): string => path || '<nil>';

/** A field error whose value stands as it is given; `''` is a value that is not shown. */
export const invalidText = (field: string, value: string, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: value === '' ? `Invalid value: ${detail}` : `Invalid value: ${value}: ${detail}`,
});

/** `encoding/json`'s text of a value: keys sorted, and what HTML could stumble over escaped. */
export function goJson(value: unknown): string {
  const text = JSON.stringify(sortedKeys(value)) ?? 'null';
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sortedKeys(value[name])]));
}
