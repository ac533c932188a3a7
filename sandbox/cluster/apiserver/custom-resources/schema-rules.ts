/**
 * What a schema of a definition may say beyond being structural (apiextensions-apiserver
 * `apis/apiextensions/validation`, ValidateCustomResourceDefinitionOpenAPISchema): keywords that are not
 * supported, list and map types, and rules that compile and are not too expensive.
 */
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../api/validation/field-errors.ts';
import { FieldPathError, resolveFieldPath } from './field-path.ts';
import { ruleForm } from './internal-form.ts';
import { isObject } from '../../api/json-object.ts';
import { child, goJson, invalidText, isEmpty, itemsOf, valuesOf, type JsonSchema } from './json-schema.ts';
import type { CompiledRule } from './rule-set.ts';

/** Cost of one rule, and of all rules of a schema, at worst. */
const MAX_RULE_COST = 10_000_000;
const MAX_SCHEMA_COST = 100_000_000;

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);

/** Compiles the rules at one place of the schema. `root`: it is the schema of a whole object. */
export type CompileAt = (schema: JsonSchema, root: boolean) => CompiledRule[];

interface Place {
  path: string;
  root: boolean;
  /** Defaults are forbidden here, and why. */
  noDefaults: string | undefined;
  insideMetadata: boolean;
  /** The place above, or this one, whose items cannot be told from each other from one update to the next. */
  uncorrelatable: string | undefined;
  /** Whether rules may be compiled here. */
  rules: boolean;
  /** How often a value can occur here at most; undefined where nothing bounds it. */
  cardinality: number | undefined;
}

interface Expense {
  path: string;
  cost: number;
}

/** Every problem: those of the schema, and if it has none, those of its rules. */
export function validateSchema(
  schema: JsonSchema,
  path: string,
  compile: CompileAt | undefined,
): FieldError[] {
  const checker = new SchemaChecker(compile);
  const found = checker.check(schema, {
    path,
    root: true,
    noDefaults: undefined,
    insideMetadata: false,
    uncorrelatable: undefined,
    rules: compile !== undefined,
    cardinality: 1,
  });
  return [...found.schema, ...found.rules, ...checker.costErrors(path)];
}

interface Found {
  schema: FieldError[];
  rules: FieldError[];
}

class SchemaChecker {
  readonly #compile: CompileAt | undefined;
  readonly #expenses: Expense[] = [];
  #total = 0;

  constructor(compile: CompileAt | undefined) {
    this.#compile = compile;
  }

  costErrors(path: string): FieldError[] {
    if (this.#total <= MAX_SCHEMA_COST) return [];
    const most = this.#expenses
      .filter(({ cost }) => cost >= MAX_SCHEMA_COST / 100)
      .toSorted((a, b) => b.cost - a.cost)
      .slice(0, 4);
    return [
      ...most.map((each) =>
        forbidden(
          each.path,
          'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
        ),
      ),
      forbidden(
        path,
        costMessage(
          'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema',
          this.#total,
          MAX_SCHEMA_COST,
        ),
      ),
    ];
  }

  check(schema: JsonSchema, place: Place): Found {
    const found: Found = { schema: [], rules: [] };
    const { path } = place;
    const at = (name: string) => child(path, name);
    const inner = (each: JsonSchema | undefined, where: string, change: Partial<Place> = {}) => {
      if (!isObject(each)) return;
      const below = this.check(each, { ...place, path: where, root: false, ...change });
      found.schema.push(...below.schema);
      found.rules.push(...below.rules);
    };
    checkKeywords(schema, place, found.schema);
    const properties = schema.properties ?? {};
    const values = valuesOf(schema);
    const cardinality = times(place.cardinality, elementsOf(schema));
    if (schema.additionalProperties !== undefined) {
      if (!isEmpty(properties) && schema.additionalProperties !== true)
        found.schema.push(
          forbidden(at('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
        );
      inner(values, at('additionalProperties'), {
        cardinality,
        ...(place.insideMetadata && {
          noDefaults: 'inside additionalProperties applying to object metadata',
        }),
      });
    }
    for (const name in properties) {
      const metadata =
        (place.root || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.has(name);
      inner(properties[name], `${path}.properties[${name}]`, {
        cardinality,
        ...(metadata && { insideMetadata: true }),
        ...(metadata && place.root && { noDefaults: `in top-level ${name}` }),
      });
    }
    // Nothing in a composition has rules of its own.
    const without = { rules: false };
    inner(schema.not, at('not'), without);
    for (const keyword of ['allOf', 'oneOf', 'anyOf'] as const)
      schema[keyword]?.forEach((each, index) => inner(each, `${at(keyword)}[${index}]`, without));
    for (const name in schema.definitions)
      inner(schema.definitions[name], `${at('definitions')}[${name}]`, without);
    if (schema.items) {
      const listed = schema['x-kubernetes-list-type'] === 'map';
      const change = { cardinality, uncorrelatable: place.uncorrelatable ?? (listed ? undefined : path) };
      if (Array.isArray(schema.items))
        schema.items.forEach((each, index) => inner(each, `${at('items')}[${index}]`, change));
      else inner(schema.items, at('items'), change);
    }
    for (const name in schema.dependencies) {
      const each = schema.dependencies[name]!;
      if (!Array.isArray(each)) inner(each, `${at('dependencies')}[${name}]`, without);
    }
    checkListAndMapTypes(schema, path, found.schema);
    this.#checkRules(schema, place, found);
    return found;
  }

  #checkRules(schema: JsonSchema, place: Place, found: Found): void {
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return;
    const at = (index: number, name: string) => `${place.path}.x-kubernetes-validations[${index}].${name}`;
    rules.forEach((_, index) => checkRuleForm(schema, index, (name) => at(index, name), found.schema));
    // A schema with problems has rules with problems that go away with them.
    if (found.schema.length > 0 || !place.rules || !this.#compile) return;
    const isWhole = place.root || schema['x-kubernetes-embedded-resource'] === true;
    this.#compile(schema, isWhole).forEach((compiled, index) => {
      const rule = rules[index]!;
      const occurrences = place.cardinality ?? compiled.cardinality;
      const cost = compiled.cost * occurrences;
      if (cost > MAX_RULE_COST)
        found.rules.push(
          forbidden(at(index, 'rule'), costMessage('estimated rule cost', cost, MAX_RULE_COST)),
        );
      this.#observe(at(index, 'rule'), cost);
      if (compiled.error) found.rules.push(invalidText(at(index, 'rule'), ruleForm(rule), compiled.error));
      const expression = at(index, 'messageExpression');
      if (compiled.messageError)
        found.rules.push(invalidText(expression, ruleForm(rule), compiled.messageError));
      else if (compiled.messageCost !== undefined) {
        if (compiled.messageCost > MAX_RULE_COST)
          found.rules.push(
            forbidden(
              expression,
              costMessage('estimated messageExpression cost', compiled.messageCost, MAX_RULE_COST),
            ),
          );
        this.#observe(expression, compiled.messageCost);
      }
      if (compiled.usesOldSelf) {
        if (place.uncorrelatable)
          found.rules.push(
            invalid(
              at(index, 'rule'),
              rule.rule,
              `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`,
            ),
          );
      } else if (rule.optionalOldSelf !== undefined)
        found.rules.push(
          invalid(
            at(index, 'optionalOldSelf'),
            rule.optionalOldSelf,
            'may not be set if oldSelf is not used in rule',
          ),
        );
    });
  }

  #observe(path: string, cost: number): void {
    this.#total += cost;
    this.#expenses.push({ path, cost });
  }
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

/** How many values of its items or fields a value of the schema can have at most. */
function elementsOf({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'object' && additionalProperties !== undefined)
    return maxProperties === undefined ? undefined : Math.max(0, maxProperties);
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(0, maxItems);
  return 1;
}

function costMessage(name: string, cost: number, limit: number): string {
  const exceeds = cost / limit;
  const factor =
    exceeds > 100 ? 'more than 100x' : exceeds < 1.5 ? `${exceeds.toFixed(6)}x` : `${exceeds.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

function checkKeywords(schema: JsonSchema, place: Place, errors: FieldError[]): void {
  const at = (name: string) => child(place.path, name);
  const { type } = schema;
  if (type && !TYPES.includes(type)) errors.push(notSupported(at('type'), type, TYPES));
  if (schema.default !== undefined && schema.default !== null && place.noDefaults !== undefined)
    errors.push(forbidden(at('default'), `must not be set ${place.noDefaults}`));
  if (schema.id) errors.push(forbidden(at('id'), 'id is not supported'));
  for (const keyword of [
    'additionalItems',
    'patternProperties',
    'definitions',
    'dependencies',
    '$ref',
  ] as const)
    if (schema[keyword] !== undefined) errors.push(forbidden(at(keyword), `${keyword} is not supported`));
  if (type === 'null')
    errors.push(forbidden(at('type'), 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema.items))
    errors.push(forbidden(at('items'), 'items must be a schema object and not an array'));
  if (place.insideMetadata && schema['x-kubernetes-embedded-resource'])
    errors.push(forbidden(at('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  if (schema.uniqueItems)
    errors.push(
      forbidden(
        at('uniqueItems'),
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
}

function checkListAndMapTypes(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const at = (name: string) => child(path, name);
  const { type } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(at('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  if (mapType !== undefined && type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    errors.push(type ? invalid(at('type'), type, detail) : required(at('type'), detail));
  }
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(at('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  if (listType !== undefined && type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push(type ? invalid(at('type'), type, detail) : required(at('type'), detail));
  } else if (listType === 'set' && items) {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const itemType = items['x-kubernetes-list-type'];
    if (items.type === 'array' && itemType !== undefined && itemType !== 'atomic')
      errors.push(invalid(at('items.x-kubernetes-list-type'), itemType, detail));
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      errors.push(invalid(at('items.x-kubernetes-map-type'), itemType, detail));
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const where = at('x-kubernetes-list-type');
    errors.push(listType === undefined ? required(where, detail) : invalid(where, listType, detail));
  }
  if (listType === 'map') checkListMap(schema, keys, items, path, errors);
  if (!items || (listType !== 'set' && listType !== 'map')) return;
  if (items.nullable)
    errors.push(
      forbidden(at('items.nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    );
  if (listType !== 'map') return;
  for (const key of keys) {
    const field =
      items.properties && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
    if (!field) continue;
    const where = `${at('items')}.properties[${key}]`;
    if (!items.required?.includes(key) && (field.default === undefined || field.default === null))
      errors.push(
        required(
          `${where}.default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (field.nullable)
      errors.push(
        forbidden(
          `${where}.nullable`,
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      );
  }
}

function checkListMap(
  schema: JsonSchema,
  keys: readonly string[],
  items: JsonSchema | undefined,
  path: string,
  errors: FieldError[],
): void {
  const at = (name: string) => child(path, name);
  if (keys.length === 0)
    errors.push(
      required(at('x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'),
    );
  if (schema.items === undefined)
    errors.push(required(at('items'), 'must have a schema if x-kubernetes-list-type is map'));
  else if (!items)
    errors.push(
      invalidText(
        at('items'),
        goJson(schema.items),
        'must only have a single schema if x-kubernetes-list-type is map',
      ),
    );
  else if (items.type !== 'object')
    errors.push(
      invalid(
        at('items.type'),
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  else
    keys.forEach((key, index) => {
      const field =
        items.properties && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
      const where = at('x-kubernetes-list-map-keys');
      if (!field) errors.push(invalid(where, keys, 'entries must all be names of item properties'));
      else if (field.type === 'array' || field.type === 'object')
        errors.push(
          invalid(
            `${at('items')}.properties[${key}].type`,
            items.type,
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        );
      if (keys.indexOf(key) < index) errors.push(invalid(where, keys, 'must not contain duplicate entries'));
    });
}

function checkRuleForm(
  schema: JsonSchema,
  index: number,
  at: (name: string) => string,
  errors: FieldError[],
): void {
  const {
    rule = '',
    message = '',
    messageExpression = '',
    reason,
    fieldPath = '',
  } = schema['x-kubernetes-validations']![index]!;
  const lines = /[\n\r]/;
  if (rule.trim() === '') errors.push(required(at('rule'), 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    errors.push(invalid(at('message'), message, 'must be non-empty if specified'));
  else if (lines.test(message.trim()))
    errors.push(invalid(at('message'), message, 'must not contain line breaks'));
  else if (lines.test(rule.trim()) && message.trim() === '')
    errors.push(required(at('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(at('messageExpression'), 'messageExpression must be non-empty if specified'));
  if (reason !== undefined && !REASONS.includes(reason))
    errors.push(notSupported(at('reason'), reason, REASONS));
  if (fieldPath === '') return;
  if (fieldPath.trim() === '')
    errors.push(invalid(at('fieldPath'), fieldPath, 'must be non-empty if specified'));
  if (lines.test(fieldPath)) errors.push(invalid(at('fieldPath'), fieldPath, 'must not contain line breaks'));
  try {
    resolveFieldPath(fieldPath, schema);
  } catch (error) {
    if (!(error instanceof FieldPathError)) throw error;
    errors.push(invalid(at('fieldPath'), fieldPath, 'must be a valid path'));
  }
}
