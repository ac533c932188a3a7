/**
 * What makes a schema structural (apiextensions-apiserver `schema/validation.go`, `schema/complete.go`):
 * every value has one type, said outside of allOf, anyOf, oneOf and not, so that pruning, defaulting and
 * merging know what they deal with.
 */
import { deepEqual } from '../../api/json-patch.ts';
import { forbidden, invalid, required, type FieldError } from '../../api/validation/field-errors.ts';
import { RegularExpression } from '../../../cel/regular-expression.ts';
import { isObject } from '../../api/json-object.ts';
import { child, isEmpty, itemsOf, valuesOf, type JsonSchema } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
const TYPE_REQUIRED: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** Every problem, sorted by its text. */
export function validateStructure(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkInvariants(schema, 'root', path, errors);
  checkCompleteness(schema, schema, path, path, errors);
  const textOf = ({ field, message }: FieldError) => `${field}: ${message}`;
  return errors.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

const property = (path: string, name: string) => `${path}.properties[${name}]`;

function checkInvariants(schema: JsonSchema, level: Level, path: string, errors: FieldError[]): void {
  const { type, properties = {}, additionalProperties } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const items = itemsOf(schema);
  const at = (name: string) => child(path, name);
  if (type === 'array' && !items) errors.push(required(at('items'), 'must be specified'));
  if (items) checkInvariants(items, 'item', at('items'), errors);
  for (const name in properties) checkInvariants(properties[name]!, 'field', property(path, name), errors);
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbidden(at('additionalProperties'), 'must not be used at the root'));
    const values = valuesOf(schema);
    if (values) checkInvariants(values, 'field', at('additionalProperties'), errors);
  }
  if (intOrString && preserves)
    errors.push(
      invalid(
        at('x-kubernetes-preserve-unknown-fields'),
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  if (intOrString && embedded)
    errors.push(
      invalid(
        at('x-kubernetes-embedded-resource'),
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  checkValues(
    schema,
    deepEqual(schema.anyOf, INT_OR_STRING),
    isAllOfIntOrString(schema),
    level,
    path,
    errors,
  );

  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalid(at('type'), type, detail) : required(at('type'), detail));
  } else if (!type && !intOrString && !preserves) errors.push(required(at('type'), TYPE_REQUIRED[level]));
  if (embedded && additionalProperties !== undefined)
    errors.push(
      forbidden(at('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  if (level === 'root' && type && type !== 'object')
    errors.push(invalid(at('type'), type, 'must be object at the root'));
  const whole = level === 'root' || embedded;
  for (const name of ['kind', 'apiVersion'])
    if (whole && Object.hasOwn(properties, name) && properties[name]!.type !== 'string')
      errors.push(invalid(`${property(path, name)}.type`, properties[name]!.type ?? '', 'must be string'));
  if (Object.hasOwn(properties, 'metadata'))
    checkMetadata(properties['metadata']!, whole, level, property(path, 'metadata'), errors);
  if (embedded && !preserves && isEmpty(properties))
    errors.push(
      required(
        at('properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
}

const isAllOfIntOrString = ({ allOf }: JsonSchema): boolean => deepEqual(allOf?.[0]?.anyOf, INT_OR_STRING);

/** The names of an object may be restricted, its other metadata not. */
function checkMetadata(
  schema: JsonSchema,
  whole: boolean,
  level: Level,
  path: string,
  errors: FieldError[],
): void {
  if (whole && schema.type !== 'object')
    errors.push(invalid(`${path}.type`, schema.type ?? '', 'must be object'));
  if (level !== 'root') return;
  const { type: _, default: __, properties = {}, ...rest } = schema;
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.keys(rest).length > 0)
    errors.push(
      forbidden(
        path,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
}

function checkValues(
  schema: JsonSchema,
  skipAnyOf: boolean,
  skipAllOfAnyOf: boolean,
  level: Level,
  path: string,
  errors: FieldError[],
): void {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  const nested = (each: JsonSchema, at: string, skip = false) => checkNested(each, skip, level, at, errors);
  if (!skipAnyOf) anyOf.forEach((each, index) => nested(each, `${path}.anyOf[${index}]`));
  allOf.forEach((each, index) => nested(each, `${path}.allOf[${index}]`, skipAllOfAnyOf && index === 0));
  oneOf.forEach((each, index) => nested(each, `${path}.oneOf[${index}]`));
  if (not) nested(not, `${path}.not`);
  if (!pattern) return;
  try {
    RegularExpression.compile(pattern);
  } catch (error) {
    const detail = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
    errors.push(invalid(`${path}.pattern`, pattern, detail));
  }
}

/** What says something about structure has no place inside a composition. */
const STRUCTURE: [keyof JsonSchema, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function checkNested(
  schema: JsonSchema,
  skipAnyOf: boolean,
  level: Level,
  path: string,
  errors: FieldError[],
): void {
  const { properties = {} } = schema;
  checkValues(schema, skipAnyOf, false, level, path, errors);
  const items = itemsOf(schema);
  if (items) checkNested(items, false, level, `${path}.items`, errors);
  for (const name in properties) checkNested(properties[name]!, false, 'field', property(path, name), errors);
  for (const [name, detail] of STRUCTURE) {
    const value = schema[name];
    const set = name === 'additionalProperties' ? value !== undefined : isSet(value);
    if (set) errors.push(forbidden(`${path}.${name}`, detail));
  }
  if (Object.hasOwn(properties, 'metadata'))
    errors.push(forbidden(property(path, 'metadata'), 'must not be specified in a nested context'));
}

/** What compositions speak of has to be there outside of them. */
function checkCompleteness(
  values: JsonSchema,
  structure: JsonSchema,
  structurePath: string,
  path: string,
  errors: FieldError[],
): void {
  const { anyOf = [], allOf = [], oneOf = [], not } = values;
  const nested = (each: JsonSchema, at: string) =>
    checkNestedCompleteness(each, structure, structurePath, at, errors);
  if (not) nested(not, `${path}.not`);
  allOf.forEach((each, index) => nested(each, `${path}.allOf[${index}]`));
  anyOf.forEach((each, index) => nested(each, `${path}.anyOf[${index}]`));
  oneOf.forEach((each, index) => nested(each, `${path}.oneOf[${index}]`));
}

function checkNestedCompleteness(
  values: JsonSchema,
  structure: JsonSchema | undefined,
  structurePath: string,
  path: string,
  errors: FieldError[],
): void {
  if (!structure) {
    errors.push(required(structurePath, `because it is defined in ${path}`));
    return;
  }
  checkCompleteness(values, structure, structurePath, path, errors);
  const items = itemsOf(values);
  if (items)
    checkNestedCompleteness(items, itemsOf(structure), `${structurePath}.items`, `${path}.items`, errors);
  for (const name in values.properties) {
    const own = isObject(structure.properties) && Object.hasOwn(structure.properties, name);
    const field = own ? structure.properties![name] : undefined;
    checkNestedCompleteness(
      values.properties[name]!,
      field,
      property(structurePath, name),
      property(path, name),
      errors,
    );
  }
}
