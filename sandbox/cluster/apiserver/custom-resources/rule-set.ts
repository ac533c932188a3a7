/**
 * `x-kubernetes-validations` (apiextensions-apiserver `schema/cel`): rules compiled once, and evaluated on
 * objects with `self` and `oldSelf`; problems of what did not change become warnings.
 *
 * Expressions are checked against the types of the schema and run on plain values. Left out: the budget at
 * run time. What a rule may cost at worst is known when it is compiled, and too much is refused there.
 */
import { Optional, type Environment, type ParseError, type ParseResult } from '@marcbachmann/cel-js';
import { compileProblem } from '../../../cel/compile-problem.ts';
import { estimateCost, type Shape } from '../../../cel/cost-estimate.ts';
import { createEnvironment, visit } from '../../../cel/environment.ts';
import type { FieldError, FieldErrorReason } from '../../api/validation/field-errors.ts';
import type { Correlation } from './correlation.ts';
import { mapKey } from './correlation.ts';
import { FieldPathError, resolveFieldPath } from './field-path.ts';
import { isObject } from '../../api/json-object.ts';
import {
  child,
  goJson,
  hasRules,
  itemsOf,
  valuesOf,
  wholeObject,
  type JsonSchema,
  type ValidationRule,
} from './json-schema.ts';
import { celValue, maxCardinality, shapeOf, TypeDeclarations, withObjectFields } from './rule-types.ts';

export interface CompiledRule {
  /** Why it does not compile. */
  error: string | undefined;
  messageError: string | undefined;
  usesOldSelf: boolean;
  /** Cost of one evaluation at most. */
  cost: number;
  /** How often it can be evaluated in one object at most, where nothing else bounds that. */
  cardinality: number;
  /** Of its message expression; undefined without one. */
  messageCost: number | undefined;
}

interface Rule extends CompiledRule {
  definition: ValidationRule;
  run: ParseResult | undefined;
  message: ParseResult | undefined;
  /** Where the problem is, below the place of the rule. */
  fieldPath: string;
}

const MAX_MESSAGE_BYTES = 5 * 1024;

/** Environments take a while to make: one for running, and copies of one for checking. */
let running: { plain: Environment; optional: Environment } | undefined;

function runningEnvironments(): { plain: Environment; optional: Environment } {
  if (!running) {
    const make = (old: string) =>
      createEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', old);
    running = { plain: make('dyn'), optional: make('optional<dyn>') };
  }
  return running;
}

const durationOf = (text: string): unknown => {
  try {
    return runningEnvironments().plain.evaluate(`duration(${JSON.stringify(text)})`, {
      self: null,
      oldSelf: null,
    });
  } catch {
    return text;
  }
};

/** Compiles the rules at the top of a schema. `root`: it is the schema of a whole object. */
export function compileRules(schema: JsonSchema, root: boolean): Rule[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return [];
  const self = root ? withObjectFields(schema) : schema;
  const checking = createEnvironment();
  const type = new TypeDeclarations(checking).typeOf(self);
  checking.registerVariable('self', type);
  const optional = checking.clone().registerVariable('oldSelf', `optional<${type}>`);
  const plain = checking.clone().registerVariable('oldSelf', type);
  const shape = shapeOf(self);
  const variables = new Map<string, Shape>([
    ['self', shape],
    ['oldSelf', shape],
  ]);
  return rules.map((definition) =>
    compileRule(definition, schema, definition.optionalOldSelf ? optional : plain, variables),
  );
}

function compileRule(
  definition: ValidationRule,
  schema: JsonSchema,
  environment: Environment,
  variables: ReadonlyMap<string, Shape>,
): Rule {
  const { rule = '', messageExpression = '', fieldPath = '', optionalOldSelf } = definition;
  const environments = runningEnvironments();
  const runs = optionalOldSelf ? environments.optional : environments.plain;
  const compiled: Rule = {
    definition,
    error: undefined,
    messageError: undefined,
    usesOldSelf: false,
    cost: 0,
    cardinality: maxCardinality(schema),
    messageCost: undefined,
    run: undefined,
    message: undefined,
    fieldPath: '',
  };
  const checked = checkExpression(rule, 'bool', environment);
  if (checked) {
    compiled.error =
      checked === WRONG_TYPE ? 'cel expression must evaluate to a bool' : `compilation failed: ${checked}`;
    return compiled;
  }
  compiled.run = runs.parse(rule);
  compiled.cost = estimateCost(compiled.run.ast, variables);
  visit(compiled.run.ast, (node) => {
    if (node.op === 'id' && node.args === 'oldSelf') compiled.usesOldSelf = true;
  });
  if (messageExpression !== '') {
    const problem = checkExpression(messageExpression, 'string', environment);
    if (problem)
      compiled.messageError =
        problem === WRONG_TYPE
          ? 'messageExpression must evaluate to a string'
          : `messageExpression compilation failed: ${problem}`;
    else {
      compiled.message = runs.parse(messageExpression);
      compiled.messageCost = estimateCost(compiled.message.ast, variables);
    }
  }
  if (fieldPath !== '') {
    try {
      compiled.fieldPath = resolveFieldPath(fieldPath, schema).field;
    } catch (error) {
      if (!(error instanceof FieldPathError)) throw error;
    }
  }
  return compiled;
}

const WRONG_TYPE = Symbol('wrong type');

/** The problem in cel-go's words, or `WRONG_TYPE`, or undefined. */
function checkExpression(
  source: string,
  type: string,
  environment: Environment,
): string | typeof WRONG_TYPE | undefined {
  const check = environment.check(source);
  if (check.valid) return check.type === type ? undefined : WRONG_TYPE;
  return compileProblem(source, check.error as ParseError, environment);
}

export interface RuleProblems {
  errors: FieldError[];
  /** What an update did not change is not its fault. */
  warnings: string[];
}

/** The rules of a schema and of everything in it. */
export class RuleSet {
  readonly #schema: JsonSchema;
  readonly #rules: Rule[];
  readonly #items: RuleSet | undefined;
  readonly #values: RuleSet | undefined;
  readonly #properties = new Map<string, RuleSet>();
  readonly #self: JsonSchema;

  /** Undefined for a schema without rules. */
  static of(schema: JsonSchema, root: boolean): RuleSet | undefined {
    return hasRules(schema) ? new RuleSet(schema, root) : undefined;
  }

  private constructor(schema: JsonSchema, root: boolean) {
    this.#schema = schema;
    this.#self = root ? withObjectFields(schema) : schema;
    this.#rules = compileRules(schema, root);
    const below = (each: JsonSchema | undefined) =>
      each && RuleSet.of(each, each['x-kubernetes-embedded-resource'] === true);
    this.#items = below(itemsOf(schema));
    this.#values = below(valuesOf(schema));
    for (const name in schema.properties) {
      const rules = below(schema.properties[name]);
      if (rules) this.#properties.set(name, rules);
    }
  }

  /** `old` is the value before, where there is one that can be told to be the same. */
  validate(value: unknown, old: unknown, path: string, correlation?: Correlation): RuleProblems {
    const found: RuleProblems = { errors: [], warnings: [] };
    this.#validate(value, old, path, { current: correlation, parent: undefined }, found);
    return found;
  }

  #validate(value: unknown, old: unknown, path: string, place: Place, found: RuleProblems): void {
    if (value === null || value === undefined) return;
    if (this.#rules.length > 0) this.#evaluate(value, old, path, place, found);
    if (Array.isArray(value)) {
      if (!this.#items) return;
      const before = this.#oldItems(old);
      const keys = this.#schema['x-kubernetes-list-map-keys'] ?? [];
      value.forEach((item, index) => {
        const oldItem = before?.get(mapKey(item, keys));
        this.#items!.#validate(
          item,
          oldItem,
          `${path}[${index}]`,
          below(place, (each) => each.item(index)),
          found,
        );
      });
    } else if (isObject(value)) {
      const before = isObject(old) ? old : undefined;
      for (const name in value) {
        const own = this.#properties.get(name);
        const rules =
          own ?? (this.#schema.properties && name in this.#schema.properties ? undefined : this.#values);
        if (!rules) continue;
        const at = own ? child(path, name) : `${path}[${name}]`;
        rules.#validate(
          value[name],
          before?.[name],
          at,
          below(place, (each) => each.field(name)),
          found,
        );
      }
    }
  }

  /** Only items of list maps are known again. */
  #oldItems(old: unknown): Map<string, unknown> | undefined {
    if (this.#schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined;
    const keys = this.#schema['x-kubernetes-list-map-keys'] ?? [];
    return new Map(old.map((item) => [mapKey(item, keys), item]));
  }

  #evaluate(value: unknown, old: unknown, path: string, place: Place, found: RuleProblems): void {
    const type = this.#schema.type ?? '';
    const self = celValue(value, this.#self, durationOf);
    const oldSelf = old === undefined || old === null ? undefined : celValue(old, this.#self, durationOf);
    for (const rule of this.#rules) {
      const { definition } = rule;
      const problem = (detail: string) => found.errors.push(invalidType(path, type, detail));
      if (rule.error !== undefined) {
        problem(`rule compile error: ${rule.error}`);
        continue;
      }
      if (!rule.run) continue;
      if (rule.usesOldSelf && oldSelf === undefined && !definition.optionalOldSelf) continue;
      const variables = {
        self,
        oldSelf: definition.optionalOldSelf
          ? oldSelf === undefined
            ? Optional.none()
            : Optional.of(oldSelf)
          : (oldSelf ?? null),
      };
      let result: unknown;
      try {
        result = rule.run(variables);
      } catch (error) {
        problem(`${runtimeWords(error as Error)} evaluating rule: ${ruleText(definition)}`);
        continue;
      }
      if (result === true) continue;
      const field = rule.fieldPath === '' ? path : child(path, rule.fieldPath);
      const detail = this.#message(rule, variables);
      const shown = type === 'object' || type === 'array' ? undefined : goJson(value);
      const error = fieldError(wholeObject(field), shown, detail, definition.reason);
      if (!rule.usesOldSelf && isUnchanged(place)) found.warnings.push(`${error.field}: ${error.message}`);
      else found.errors.push(error);
    }
  }

  #message({ definition, message }: Rule, variables: Record<string, unknown>): string {
    if (message) {
      try {
        const text = String(message(variables)).trim();
        if (text !== '' && !text.includes('\n') && text.length <= MAX_MESSAGE_BYTES) return text;
      } catch {
        // Then the rule's own message has to do.
      }
    }
    return definition.message ? definition.message.trim() : `failed rule: ${ruleText(definition)}`;
  }
}

/** What stood here before, or the nearest place above of which that is known. */
interface Place {
  current: Correlation | undefined;
  parent: Correlation | undefined;
}

function below(place: Place, step: (correlation: Correlation) => Correlation | undefined): Place {
  if (!place.current) return place;
  return { current: step(place.current), parent: place.current };
}

const isUnchanged = ({ current, parent }: Place): boolean =>
  current ? current.unchanged : (parent?.unchanged ?? false);

const ruleText = ({ message, rule }: ValidationRule): string => (message || rule).trim();

/** Go's words for what went wrong in an evaluation. */
function runtimeWords(error: Error & { summary?: string }): string {
  const text = error.summary ?? error.message;
  const index = /index out of bounds, index (-?\d+)/.exec(text);
  if (index) return `index out of bounds: ${index[1]}`;
  if (/^no such overload/i.test(text)) return 'no such overload';
  return text.replace(/^No such key: /, 'no such key: ');
}

const invalidType = (path: string, type: string, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: wholeObject(path),
  message: `Invalid value: ${JSON.stringify(type)}: ${detail}`,
});

/** `shown` is undefined for values that are too large to be shown. */
function fieldError(
  field: string,
  shown: string | undefined,
  detail: string,
  reason: string | undefined,
): FieldError {
  const withValue = (head: string) => (shown === undefined ? head : `${head}: ${shown}`);
  switch (reason) {
    case 'FieldValueForbidden':
      return { reason, field, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { reason, field, message: `Required value: ${detail}` };
    case 'FieldValueDuplicate':
      return { reason, field, message: withValue('Duplicate value') };
    default:
      return {
        reason: 'FieldValueInvalid' satisfies FieldErrorReason,
        field,
        message: `${withValue('Invalid value')}: ${detail}`,
      };
  }
}
