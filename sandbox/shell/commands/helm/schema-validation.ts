/**
 * `values.schema.json`: the keywords of JSON Schema that charts use – type, properties, required,
 * additionalProperties, patternProperties, items, enum, const, bounds, lengths, pattern, allOf, anyOf, oneOf, not,
 * if/then/else, and `$ref` within the document. Left out: references to other documents, `format`.
 */
import { deepEqual } from './template/collection-functions.ts';
import { isMap, type GoMap } from '../../go-template/values.ts';

/** Problems as helm lists them: `- at '/replicas': got string, want integer`. */
export function validateSchema(schema: unknown, value: unknown): string[] {
  const problems: string[] = [];
  check(schema, value, '', schema, problems);
  return problems;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint' || typeof value === 'number') return 'number';
  return typeof value === 'object' ? 'object' : typeof value;
}

const isInteger = (value: unknown) => typeof value === 'bigint' || Number.isInteger(value);

function check(schema: unknown, value: unknown, path: string, root: unknown, problems: string[]): void {
  const report = (text: string) => problems.push(`- at '${path}': ${text}`);
  if (schema === false) report('false schema');
  if (!isMap(schema)) return;
  if (typeof schema['$ref'] === 'string') {
    check(resolve(root, schema['$ref']), value, path, root, problems);
    return;
  }
  const types = schema['type'] === undefined ? [] : [schema['type']].flat();
  const actual = typeName(value);
  if (
    types.length > 0 &&
    !types.some((type) => type === actual || (type === 'integer' && isInteger(value)))
  ) {
    report(`got ${actual}, want ${types.join(' or ')}`);
    return;
  }
  if (Array.isArray(schema['enum']) && !schema['enum'].some((each) => same(each, value)))
    report(
      `value must be ${schema['enum'].length === 1 ? '' : 'one of '}${schema['enum'].map((each) => (typeof each === 'string' ? `'${each}'` : JSON.stringify(each))).join(', ')}`,
    );
  if ('const' in schema && !same(schema['const'], value))
    report(`value must be ${JSON.stringify(schema['const'])}`);
  if (actual === 'number') checkNumber(schema, Number(value), report);
  if (typeof value === 'string') checkText(schema, value, report);
  if (Array.isArray(value)) checkItems(schema, value, path, root, problems, report);
  if (isMap(value)) checkProperties(schema, value, path, root, problems, report);
  checkCombinations(schema, value, path, root, problems, report);
}

const same = (a: unknown, b: unknown) => deepEqual(a, typeof b === 'bigint' ? Number(b) : b);

function checkNumber(schema: GoMap, value: number, report: (text: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<
    string,
    number | undefined
  >;
  if (minimum !== undefined && value < minimum) report(`minimum: got ${value}, want ${minimum}`);
  if (maximum !== undefined && value > maximum) report(`maximum: got ${value}, want ${maximum}`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    report(`exclusiveMinimum: got ${value}, want ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    report(`exclusiveMaximum: got ${value}, want ${exclusiveMaximum}`);
  if (multipleOf !== undefined && value % multipleOf !== 0)
    report(`multipleOf: got ${value}, want ${multipleOf}`);
}

function checkText(schema: GoMap, value: string, report: (text: string) => void): void {
  const { minLength, maxLength, pattern } = schema as {
    minLength?: number;
    maxLength?: number;
    pattern?: string;
  };
  const { length } = [...value];
  if (minLength !== undefined && length < minLength) report(`minLength: got ${length}, want ${minLength}`);
  if (maxLength !== undefined && length > maxLength) report(`maxLength: got ${length}, want ${maxLength}`);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    report(`'${value}' does not match pattern '${pattern}'`);
}

function checkItems(
  schema: GoMap,
  value: unknown[],
  path: string,
  root: unknown,
  problems: string[],
  report: (text: string) => void,
): void {
  const { minItems, maxItems, uniqueItems, items } = schema as {
    minItems?: number;
    maxItems?: number;
    uniqueItems?: boolean;
    items?: unknown;
  };
  if (minItems !== undefined && value.length < minItems)
    report(`minItems: got ${value.length}, want ${minItems}`);
  if (maxItems !== undefined && value.length > maxItems)
    report(`maxItems: got ${value.length}, want ${maxItems}`);
  if (uniqueItems && value.some((item, at) => value.slice(0, at).some((other) => deepEqual(item, other))))
    report('items are not unique');
  if (items !== undefined) value.forEach((item, at) => check(items, item, `${path}/${at}`, root, problems));
}

function checkProperties(
  schema: GoMap,
  value: GoMap,
  path: string,
  root: unknown,
  problems: string[],
  report: (text: string) => void,
): void {
  const properties = isMap(schema['properties']) ? schema['properties'] : {};
  const patterns = isMap(schema['patternProperties']) ? schema['patternProperties'] : {};
  const missing = ((schema['required'] as string[] | undefined) ?? []).filter(
    (key) => value[key] === undefined,
  );
  if (missing.length > 0)
    report(
      `missing propert${missing.length === 1 ? 'y' : 'ies'} ${missing.map((key) => `'${key}'`).join(', ')}`,
    );
  const extra: string[] = [];
  for (const [key, inner] of Object.entries(value)) {
    let known = Object.hasOwn(properties, key);
    if (known) check(properties[key], inner, `${path}/${key}`, root, problems);
    for (const [pattern, each] of Object.entries(patterns))
      if (new RegExp(pattern, 'u').test(key)) {
        known = true;
        check(each, inner, `${path}/${key}`, root, problems);
      }
    if (known || schema['additionalProperties'] === undefined) continue;
    if (schema['additionalProperties'] === false) extra.push(key);
    else check(schema['additionalProperties'], inner, `${path}/${key}`, root, problems);
  }
  if (extra.length > 0)
    report(`additional properties ${extra.map((key) => `'${key}'`).join(', ')} not allowed`);
}

function checkCombinations(
  schema: GoMap,
  value: unknown,
  path: string,
  root: unknown,
  problems: string[],
  report: (text: string) => void,
): void {
  const fits = (inner: unknown) => {
    const own: string[] = [];
    check(inner, value, path, root, own);
    return own.length === 0;
  };
  for (const inner of (schema['allOf'] as unknown[] | undefined) ?? [])
    check(inner, value, path, root, problems);
  if (Array.isArray(schema['anyOf']) && !schema['anyOf'].some(fits)) report('anyOf failed');
  if (Array.isArray(schema['oneOf'])) {
    const count = schema['oneOf'].filter(fits).length;
    if (count !== 1)
      report(count === 0 ? 'oneOf failed, none matched' : `oneOf failed, ${count} subschemas matched`);
  }
  if (schema['not'] !== undefined && fits(schema['not'])) report('not failed');
  if (schema['if'] !== undefined) {
    const branch = fits(schema['if']) ? schema['then'] : schema['else'];
    if (branch !== undefined) check(branch, value, path, root, problems);
  }
}

function resolve(root: unknown, reference: string): unknown {
  return reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .reduce<unknown>(
      (value, step) => (isMap(value) ? value[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
      root,
    );
}
