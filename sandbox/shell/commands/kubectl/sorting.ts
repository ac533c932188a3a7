/** `--sort-by` (`kubectl/pkg/cmd/get/sorter.go`): by a field that a JSONPath names; stable; objects without it first. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { compareQuantities, parseQuantity } from '../../../cluster/api/quantity.ts';
import { CommandError } from './errors.ts';
import { JsonPath, relaxedExpression } from './jsonpath.ts';
import type { Table } from './printers/table.ts';

export function sortObjects(objects: readonly KubernetesObject[], field: string): KubernetesObject[] {
  const value = fieldReader(objects, field);
  return [...objects].sort((a, b) => compare(value(a), value(b)));
}

export function sortTable(table: Table, field: string): Table {
  const value = fieldReader(
    table.rows.map((row) => row.object),
    field,
  );
  return { ...table, rows: [...table.rows].sort((a, b) => compare(value(a.object), value(b.object))) };
}

function fieldReader(objects: readonly unknown[], field: string): (object: unknown) => unknown {
  const expression = relaxedExpression(field);
  const path = new JsonPath(expression, { allowMissingKeys: true });
  const value = (object: unknown) => path.values(object)[0];
  if (objects.length > 0 && objects.every((object) => value(object) === undefined))
    throw new CommandError(
      `couldn't find any field with path ${JSON.stringify(expression)} in the list of objects`,
    );
  return value;
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  const quantities = [left, right].map(quantity);
  if (quantities[0] && quantities[1]) return compareQuantities(quantities[0], quantities[1]);
  return natural(left, right);
}

function quantity(text: string) {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

/** Digits count as numbers: `pod-2` before `pod-10` (fvbommel/sortorder). */
function natural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [x, y] = [left[at]!, right[at]!];
    if (x === y) continue;
    const difference = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    return difference || (x < y ? -1 : 1);
  }
  return left.length - right.length;
}
