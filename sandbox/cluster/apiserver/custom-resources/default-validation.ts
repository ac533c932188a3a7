/**
 * Defaults have to be values that the schema accepts, without unknown fields (apiextensions-apiserver
 * `schema/defaulting/validation.go`).
 */
import { deepEqual } from '../../api/json-patch.ts';
import { type FieldError } from '../../api/validation/field-errors.ts';
import { validateEmbeddedObjects } from './embedded-objects.ts';
import { child, goJson, invalidText, itemsOf, type JsonSchema } from './json-schema.ts';
import { pruned } from './pruning.ts';
import type { RuleSet } from './rule-set.ts';
import { validateValue } from './schema-validator.ts';

/** Compiles the rules of a schema; undefined where it has none. */
export type CompileRules = (schema: JsonSchema) => RuleSet | undefined;

/** Problems of all defaults in the schema. Inside metadata, where they are checked in their place, none. */
export function validateDefaults(
  schema: JsonSchema,
  path: string,
  compile: CompileRules,
  errors: FieldError[],
  root = true,
): void {
  if (schema.default !== undefined && schema.default !== null) {
    const at = child(path, 'default');
    const found: FieldError[] = [];
    if (!deepEqual(pruned(schema.default, schema, false, []), schema.default))
      errors.push(invalidText(at, goJson(schema.default), 'must not have unknown fields'));
    validateEmbeddedObjects(schema.default, schema, at, found);
    if (found.length === 0) found.push(...validateValue(schema.default, schema, at));
    if (found.length === 0)
      found.push(...(compile(schema)?.validate(schema.default, undefined, at).errors ?? []));
    errors.push(...found);
  }
  const items = itemsOf(schema);
  if (items) validateDefaults(items, `${path}.items`, compile, errors, false);
  const whole = root || schema['x-kubernetes-embedded-resource'];
  for (const name in schema.properties) {
    if (whole && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) continue;
    validateDefaults(schema.properties[name]!, `${path}.properties[${name}]`, compile, errors, false);
  }
}
