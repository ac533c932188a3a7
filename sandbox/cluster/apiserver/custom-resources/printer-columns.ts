/**
 * Columns of custom resources (apiextensions-apiserver `registry/customresource/tableconvertor`): the name,
 * and what the definition asks for by JSON path; with no columns of its own, the age.
 */
import { humanAge } from '../../api/duration.ts';
import type { Cell, CellContext, TableColumnDefinition } from '../../api/printed-columns/table.ts';
import { isObject } from '../../api/json-object.ts';
import { goJson, type Json, type PrinterColumn } from './json-schema.ts';

export interface CustomTable {
  columns: TableColumnDefinition[];
  cellsOf(object: Json, context: CellContext): Cell[];
}

const NAME: TableColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  priority: 0,
};

const AGE: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
};

export function customTable(columns: readonly PrinterColumn[] = []): CustomTable {
  const shown = columns.length > 0 ? columns : [AGE];
  const paths = shown.map(({ jsonPath }) => compilePath(jsonPath));
  return {
    columns: [
      NAME,
      ...shown.map(({ name, type, format = '', description, jsonPath, priority = 0 }) => ({
        name,
        type,
        format,
        description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        priority,
      })),
    ],
    cellsOf: (object, { nowMs }) => [
      object['metadata'].name ?? '',
      ...shown.map(({ type }, index) => cellOf(type, paths[index]!(object), nowMs)),
    ],
  };
}

/** The first value at the path; undefined where there is none. */
export type Path = (object: unknown) => unknown;

interface Step {
  /** Everything that the step leads to from one value. */
  (value: unknown): unknown[];
}

const nowhere: Path = () => undefined;

/**
 * The simple JSON paths that columns have: names, `['name']`, `[0]`, `[-1]`, `[*]`, and filters that compare
 * one field with a text, `[?(@.type=="Ready")]`. A path that is anything else leads nowhere.
 */
export function compilePath(path: string): Path {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const match =
      /^\.?\[\s*'((?:\\.|[^'\\])*)'\s*\]|^\.?\[\s*(-?\d+)\s*\]|^\.?\[\s*\*\s*\]|^\.?\[\?\(@\.([\w.-]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(\w+))\)\]|^\.((?:\\.|[^.[\]\\])+)|^\.$/s.exec(
        rest,
      );
    if (!match) return nowhere;
    rest = rest.slice(match[0].length);
    const [, quoted, index, filter, operator, double, single, bare, name] = match;
    if (filter !== undefined)
      steps.push(filtered(filter.split('.'), operator === '==', double ?? single ?? bare ?? ''));
    else if (index !== undefined) {
      const at = Number(index);
      steps.push((value) => (Array.isArray(value) && value.at(at) !== undefined ? [value.at(at)] : []));
    } else if (quoted !== undefined || (name !== undefined && name !== '*'))
      steps.push(named((quoted ?? name)!.replace(/\\(.)/gs, '$1')));
    else if (match[0] !== '.')
      steps.push((value) => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []));
  }
  return (object) => {
    let values: unknown[] = [object];
    for (const step of steps) values = values.flatMap(step);
    return values[0];
  };
}

const named =
  (name: string): Step =>
  (value) =>
    isObject(value) && Object.hasOwn(value, name) ? [value[name]] : [];

const filtered =
  (names: string[], equal: boolean, text: string): Step =>
  (value) =>
    (Array.isArray(value) ? value : []).filter((item) => {
      let at: unknown = item;
      for (const name of names) at = isObject(at) ? at[name] : undefined;
      return at !== undefined && (String(at) === text) === equal;
    });

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  if (value === undefined || (value === null && type !== 'string')) return null;
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : value === null ? '<nil>' : goJson(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))
        ? humanAge(value, nowMs)
        : '<invalid>';
    default:
      return null;
  }
}
