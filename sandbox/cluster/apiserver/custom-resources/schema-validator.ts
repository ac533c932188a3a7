/**
 * Validates values by a schema as `k8s.io/kube-openapi/pkg/validation/validate` does, every problem in its
 * words and order (type, composition, string, format, number, list, enum, object). On updates problems of
 * what did not change are let through (CRDValidationRatcheting, GA in 1.33).
 *
 * Two of its peculiarities are kept because learners see them: a whole number is compared with a bound
 * whose fraction was cut off, and `maxLength` is counted in code points but reported in bytes.
 */
import { deepEqual } from '../../api/json-patch.ts';
import { notSupported, required, type FieldError } from '../../api/validation/field-errors.ts';
import { RegularExpression, RegularExpressionTooCostly } from '../../../cel/regular-expression.ts';
import type { Correlation } from './correlation.ts';
import { hasFormat, isKnownFormat } from './formats.ts';
import { isObject } from '../../api/json-object.ts';
import { invalidText, itemsOf, valuesOf, wholeObject, type JsonSchema } from './json-schema.ts';

/** Problems of a value. `matches` counts checks that were made: of several alternatives the best counts. */
interface Result {
  errors: FieldError[];
  matches: number;
}

/** Problems of `value` at `root` (`''` for an object as a whole); `correlation` with the value before. */
export function validateValue(
  value: unknown,
  schema: JsonSchema,
  root: string,
  correlation?: Correlation,
): FieldError[] {
  const { errors } = validate(value, schema, '', correlation);
  if (root === '') return errors;
  // Paths in texts are those below the root; the field is the whole path.
  return errors.map((each) => ({
    ...each,
    field: each.field === '<nil>' ? root : each.field === '' ? root : `${root}.${each.field}`,
  }));
}

const merge = (into: Result, other: Result) => {
  for (const error of other.errors) add(into, error);
  into.matches += other.matches;
};

/** The same text is said once. */
function add({ errors }: Result, error: FieldError): void {
  if (!errors.some((each) => each.field === error.field && each.message === error.message))
    errors.push(error);
}

function validate(value: unknown, schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const result = unratcheted(value, schema, path, correlation);
  if (result.errors.length > 0 && correlation?.unchanged) return { errors: [], matches: result.matches };
  return result;
}

function unratcheted(value: unknown, schema: JsonSchema, path: string, correlation?: Correlation): Result {
  const result: Result = { errors: [], matches: 0 };
  const typed = checkType(value, schema, path);
  if (value === null || value === undefined) {
    merge(result, typed);
    checkEnum(value, schema, path, result);
    return result;
  }
  if (schema.type || schema.format || schema['x-kubernetes-int-or-string']) {
    merge(result, typed);
    result.matches++;
  }
  merge(result, checkCompositions(value, schema, path));
  result.matches++;
  if (typeof value === 'string') {
    checkString(value, schema, path, result);
    if (schema.format && isKnownFormat(schema.format)) {
      if (!hasFormat(schema.format, value)) add(result, typeInvalid(path, value, schema.format, value));
      result.matches++;
    }
    result.matches++;
  }
  if (typeof value === 'number') {
    checkNumber(value, schema, path, result);
    result.matches += 2;
  }
  if (Array.isArray(value)) {
    checkList(value, schema, path, result, correlation);
    result.matches += 2;
  }
  checkEnum(value, schema, path, result);
  result.matches++;
  if (isObject(value)) {
    checkFields(value, schema, path, result, correlation);
    result.matches++;
  }
  result.matches++;
  return result;
}

/** JSON's name of a value's type. Whole numbers are integers. */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' ? 'object' : typeof value;
}

const typesOf = (schema: JsonSchema): string[] =>
  schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : [];

function typeInvalid(path: string, value: unknown, wanted: string, shown: string): FieldError {
  return {
    reason: 'FieldValueTypeInvalid',
    field: path,
    message: `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${wanted}: ${JSON.stringify(shown)}`,
  };
}

function checkType(value: unknown, schema: JsonSchema, path: string): Result {
  const result: Result = { errors: [], matches: 1 };
  const types = typesOf(schema);
  const type = typeOf(value);
  if (type === 'null') {
    if (types.length > 0 && !schema.nullable) {
      result.errors.push(typeInvalid(path, 'null', types.join(','), 'null'));
      result.matches = 0;
    }
    return result;
  }
  const numeric = types.includes('number') || types.includes('integer');
  // Formats that are not about numbers stand for a type of their own.
  if (schema.format && isKnownFormat(schema.format) && !numeric && (type === 'string' || type === 'array'))
    return result;
  if (types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number')))
    return result;
  result.errors.push(typeInvalid(path, type, types.join(','), type));
  result.matches = 0;
  return result;
}

/** The schemas of a composition say nothing about a field that they do not name. */
const composed = (path: string, text: string): FieldError =>
  invalidText('<nil>', '""', `${JSON.stringify(path)} ${text}`);

function checkCompositions(value: unknown, schema: JsonSchema, path: string): Result {
  const result: Result = { errors: [], matches: 1 };
  const { anyOf, oneOf, allOf, not } = schema;
  if (anyOf?.length) {
    const results = anyOf.map((each) => validate(value, each, path));
    const success = results.find(({ errors }) => errors.length === 0);
    if (!success) result.errors.push(composed(path, 'must validate at least one schema (anyOf)'));
    merge(result, success ?? best(results));
  }
  if (oneOf?.length) {
    const results = oneOf.map((each) => validate(value, each, path));
    const valid = results.filter(({ errors }) => errors.length === 0);
    if (valid.length === 1) merge(result, valid[0]!);
    else {
      const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
      add(result, composed(path, `must validate one and only one schema (oneOf). ${found}`));
      if (valid.length === 0) merge(result, best(results));
    }
  }
  if (allOf?.length) {
    const results = allOf.map((each) => validate(value, each, path));
    for (const each of results) merge(result, each);
    const valid = results.filter(({ errors }) => errors.length === 0).length;
    if (valid !== allOf.length)
      add(
        result,
        composed(path, `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`),
      );
  }
  if (not && validate(value, not, path).errors.length === 0)
    add(result, composed(path, 'must not validate the schema (not)'));
  return result;
}

/** Of several failures the one that got furthest, the first of equals. */
const best = (results: readonly Result[]): Result =>
  results.reduce((a, b) => (b.matches > a.matches ? b : a));

const says = (path: string, value: unknown, text: string): FieldError =>
  invalidText(wholeObject(path), JSON.stringify(value), `${path} in body ${text}`);

/** Stops at the first problem. */
function checkString(value: string, schema: JsonSchema, path: string, result: Result): void {
  const { maxLength, minLength, pattern } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength)
    return add(result, {
      reason: 'FieldValueTooLong',
      field: wholeObject(path),
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  if (minLength !== undefined && length < minLength)
    return add(result, says(path, value, `should be at least ${minLength} chars long`));
  if (!pattern) return;
  try {
    if (RegularExpression.compile(pattern).test(value)) return;
  } catch (error) {
    if (error instanceof RegularExpressionTooCostly)
      return add(result, says(path, value, `should match '${pattern}', but ${error.message}`));
    const why = (error as Error).message;
    return add(result, says(path, value, `should match '${pattern}, but pattern is invalid: ${why}'`));
  }
  add(result, says(path, value, `should match '${pattern}'`));
}

function checkNumber(value: number, schema: JsonSchema, path: string, result: Result): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false } = schema;
  const whole = Number.isInteger(value);
  const bound = (limit: number) => (whole ? Math.trunc(limit) : limit);
  if (multipleOf !== undefined) {
    const factor = bound(multipleOf);
    if (factor <= 0)
      add(
        result,
        invalidText(
          path,
          String(multipleOf),
          `factor MultipleOf declared for ${path} must be positive: ${factor}`,
        ),
      );
    else if (!isMultiple(value, factor)) add(result, says(path, value, `should be a multiple of ${factor}`));
  }
  if (minimum !== undefined) {
    const least = bound(minimum);
    if (exclusiveMinimum ? value <= least : value < least)
      add(
        result,
        says(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${least}`),
      );
  }
  if (maximum !== undefined) {
    const most = bound(maximum);
    if (exclusiveMaximum ? value >= most : value > most)
      add(result, says(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${most}`));
  }
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  const nearest = Math.round(quotient);
  // go-openapi's tolerance for what floating point makes of a whole number.
  return Math.abs(quotient - nearest) < 1e-9 * Math.max(1, Math.abs(quotient));
}

const tooMany = (path: string, count: number, most: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field: wholeObject(path),
  message: `Too many: ${count}: must have at most ${most} items`,
});

function checkList(
  value: unknown[],
  schema: JsonSchema,
  path: string,
  result: Result,
  correlation: Correlation | undefined,
): void {
  const items = itemsOf(schema);
  if (items)
    value.forEach((item, index) =>
      merge(result, validate(item, items, `${path}[${index}]`, correlation?.item(index))),
    );
  const { minItems, maxItems, uniqueItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    add(result, says(path, value.length, `should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) add(result, tooMany(path, value.length, maxItems));
  if (
    uniqueItems &&
    value.some((item, index) => value.slice(0, index).some((other) => deepEqual(item, other)))
  )
    add(result, invalidText(path, '""', `${path} in body shouldn't contain duplicates`));
}

function checkEnum(value: unknown, schema: JsonSchema, path: string, result: Result): void {
  if (!schema.enum?.length || schema.enum.some((each) => deepEqual(each, value ?? null))) return;
  const supported = schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  add(result, notSupported(wholeObject(path), value, supported));
}

function checkFields(
  value: Record<string, unknown>,
  schema: JsonSchema,
  path: string,
  result: Result,
  correlation: Correlation | undefined,
): void {
  const { properties = {}, required: needed = [], minProperties, maxProperties } = schema;
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties)
    add(result, says(path, count, `should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && count > maxProperties) add(result, tooMany(path, count, maxProperties));
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  // A change of version or kind is none that anybody sees: both are said in the words of the request.
  const below = (name: string) =>
    path === '' && (name === 'kind' || name === 'apiVersion') ? undefined : correlation?.field(name);
  const values = valuesOf(schema);
  for (const name in value) {
    if (Object.hasOwn(properties, name)) continue;
    if (schema.additionalProperties === false)
      add(
        result,
        invalidText(
          wholeObject(path),
          JSON.stringify(name),
          `${path}.${name} in body is a forbidden property`,
        ),
      );
    else if (values) merge(result, validate(value[name], values, at(name), below(name)));
  }
  for (const name in properties)
    if (Object.hasOwn(value, name))
      merge(result, validate(value[name], properties[name]!, at(name), below(name)));
  for (const name of needed) if (!Object.hasOwn(value, name)) add(result, required(at(name)));
}
