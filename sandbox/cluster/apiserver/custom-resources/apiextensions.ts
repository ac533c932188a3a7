/**
 * What a cluster needs once it has a CustomResourceDefinition, and not before: this module is loaded with
 * the first of them. Rules, and CEL with them, are loaded with the first definition that has some.
 */
import type { KindHooks, TypeRegistry } from '../../api/schema.ts';
import { CustomKind } from './custom-kind.ts';
import { DefinitionHooks } from './definition-hooks.ts';
import type { RuleCompilers } from './definition-validation.ts';
import { hasRules, type DefinitionVersion, type Json } from './json-schema.ts';
import { compilePath, customTable, type CustomTable } from './printer-columns.ts';

type RuleSets = typeof import('./rule-set.ts');

let rules: RuleSets | undefined;

/** Loads CEL. Undefined once it is there. */
export function loadRules(): Promise<void> | undefined {
  if (rules) return undefined;
  return import('./rule-set.ts').then((module) => {
    rules = module;
  });
}

const compilers = (): RuleCompilers => ({
  compileAt: (schema, root) => rules?.compileRules(schema, root) ?? [],
  compile: (schema) => rules?.RuleSet.of(schema, false),
});

export const definitionHooks = (): KindHooks => new DefinitionHooks(compilers);

/** One version of a definition, ready to serve. */
export interface CustomVersion {
  kind: CustomKind;
  table: CustomTable;
  /** Values of the fields that selectors may name. */
  selectable: Record<string, (object: Json) => string>;
}

/** A version that objects are converted to and nobody writes in. */
export const kindOf = (types: TypeRegistry, spec: Json, version: DefinitionVersion): CustomKind =>
  new CustomKind(types, spec, version, undefined);

export function customVersion(types: TypeRegistry, spec: Json, version: DefinitionVersion): CustomVersion {
  const schema = version.schema?.openAPIV3Schema;
  const ruleSet = schema && hasRules(schema) ? rules?.RuleSet.of(schema, true) : undefined;
  const selectable: CustomVersion['selectable'] = {};
  for (const { jsonPath } of version.selectableFields ?? []) {
    const path = compilePath(jsonPath);
    selectable[jsonPath.replace(/^\./, '')] = (object) => String(path(object) ?? '');
  }
  return {
    kind: new CustomKind(types, spec, version, ruleSet),
    table: customTable(version.additionalPrinterColumns),
    selectable,
  };
}
