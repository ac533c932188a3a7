/** What of a manifest does not fit its schema: fields that do not exist, values of another type or not in the enum. */
import { isMap, isScalar, isSeq, type Pair, type ParsedNode } from 'yaml';
import { keyName, spanAt, spanOf, type Manifest, type Span } from './manifest.ts';
import { isOpen, resolve, typeName, type Definitions, type Path, type Schema } from './schema.ts';

export interface Problem extends Span {
  message: string;
  severity: 'error' | 'warning';
}

export function schemaProblems(manifest: Manifest, root: Schema, definitions: Definitions): Problem[] {
  const problems: Problem[] = [];
  const { contents } = manifest.document;
  if (contents) visit(contents, resolve(root, definitions), []);
  return problems;

  function visit(node: ParsedNode, schema: Schema, path: Path): void {
    // An alias or a null: the server decides.
    if (isScalar(node)) return scalar(node, schema);
    if (isMap(node)) return map(node, schema, path);
    if (isSeq(node)) return list(node, schema, path);
  }

  function map(node: ParsedNode & { items: unknown[] }, schema: Schema, path: Path): void {
    if (schema.type !== undefined && schema.type !== 'object') {
      return mismatch(spanAt(manifest, path), 'map', schema);
    }
    const present = new Set<string>();
    for (const pair of node.items as Pair<ParsedNode, ParsedNode | null>[]) {
      const name = keyName(pair);
      if (name === undefined) continue;
      present.add(name);
      const field = schema.properties?.[name] ?? additional(schema);
      if (field) {
        if (pair.value) visit(pair.value, resolve(field, definitions), [...path, name]);
      } else if (!isOpen(schema)) {
        problems.push({ ...spanOf(pair.key), severity: 'error', message: unknownField(name, schema) });
      }
    }
    for (const name of schema.required ?? []) {
      // `apiVersion`, `kind` and the like are found missing elsewhere; here it is about the field's own map.
      if (!present.has(name)) {
        problems.push({
          ...spanAt(manifest, path),
          severity: 'warning',
          message: `missing required field "${name}"`,
        });
      }
    }
  }

  function list(node: ParsedNode & { items: unknown[] }, schema: Schema, path: Path): void {
    if (schema.type !== undefined && schema.type !== 'array') {
      return mismatch(spanAt(manifest, path), 'list', schema);
    }
    if (!schema.items) return;
    const items = resolve(schema.items, definitions);
    for (const [at, item] of node.items.entries()) visit(item as ParsedNode, items, [...path, at]);
  }

  function scalar(node: ParsedNode & { value: unknown }, schema: Schema): void {
    const { value } = node;
    if (value === null || value === undefined) return;
    if (!accepts(schema, value)) return mismatch(spanOf(node), describe(value), schema);
    if (schema.enum && !schema.enum.includes(value)) {
      problems.push({
        ...spanOf(node),
        severity: 'error',
        message: `unsupported value "${String(value)}": expected one of ${schema.enum.map((one) => `"${String(one)}"`).join(', ')}`,
      });
    }
  }

  function mismatch(span: Span, got: string, schema: Schema): void {
    problems.push({
      ...span,
      severity: 'error',
      message: `expected ${typeName(schema, definitions)}, got ${got}`,
    });
  }
}

const additional = (schema: Schema) =>
  typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;

function accepts(schema: Schema, value: unknown): boolean {
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string') {
    return typeof value === 'string' || Number.isInteger(value);
  }
  // Quantities and the like: `oneOf` string and number.
  if (schema.oneOf) return schema.oneOf.some((one) => accepts(one, value));
  switch (schema.type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'object':
    case 'array':
      return false;
    default:
      return true;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `string ("${value.length > 24 ? `${value.slice(0, 24)}…` : value}")`;
  return `${typeof value} (${String(value)})`;
}

/** With the nearest name that exists, where one is near. */
function unknownField(name: string, schema: Schema): string {
  const near = nearest(name, Object.keys(schema.properties ?? {}));
  return `unknown field "${name}"${near ? `; did you mean "${near}"?` : ''}`;
}

function nearest(name: string, candidates: string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
