/**
 * Objects seen through their schema, as structured-merge-diff's `typed` package sees them: which paths an
 * object has, what differs between two, their merge, and an object without some of its paths.
 *
 * Comparing skips subtrees that are the same reference: an update that replaces `status` pays for its
 * status alone.
 */
import { deepEqual } from './json-patch.ts';
import { type FieldSet, isMember, LEAF } from './field-set.ts';
import type { TypeInfo } from './schema.ts';
import { isObject } from './json-object.ts';

type Json = Record<string, any>;
type Tree = Record<string, FieldSet>;

/** The object does not fit its schema; the message is structured-merge-diff's. */
export class TypedValueError extends Error {}

/** Structs and maps whose fields are owned one by one. */
const isGranular = (type: TypeInfo) => (type.kind === 'struct' || type.kind === 'map') && !type.atomic;
const isAssociative = (type: TypeInfo) => type.kind === 'list' && type.listType !== 'atomic';

const fieldType = (type: TypeInfo, name: string): TypeInfo | undefined =>
  type.kind === 'map' ? type.element : type.fields.get(name)?.type;

/** `k:{"containerPort":80,"protocol":"TCP"}` or `v:"value"`: keys sorted, absent ones by their default. */
function elementOf(type: TypeInfo, item: any): string {
  if (type.listType === 'set') return `v:${JSON.stringify(item)}`;
  let text = '';
  for (const key of type.listMapKeys.length > 1 ? type.listMapKeys.toSorted() : type.listMapKeys) {
    const field = type.element!.fields.get(key);
    const value = item?.[key] ?? field?.default ?? zeroKey(field?.type);
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  return `k:${text}}`;
}

const zeroKey = (type: TypeInfo | undefined): unknown =>
  type?.kind === 'int32' || type?.kind === 'int64' ? 0 : '';

/** Keyed items of a list; the first of two equal keys counts. */
function itemsOf(type: TypeInfo, list: any): Map<string, any> {
  const items = new Map<string, any>();
  if (!Array.isArray(list)) return items;
  for (const item of list) {
    const element = elementOf(type, item);
    if (!items.has(element)) items.set(element, item);
  }
  return items;
}

/** Whether the value is owned as a whole. */
function isLeaf(value: unknown, type: TypeInfo | undefined): boolean {
  if (!type || value === null || value === undefined) return true;
  if (isGranular(type)) return !isObject(value) || isEmpty(value);
  if (isAssociative(type)) return !Array.isArray(value) || value.length === 0;
  return true;
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** The paths that an applied configuration names. `prefix` `''` at the root. Throws `TypedValueError`. */
export function fieldSetOf(value: unknown, type: TypeInfo): FieldSet {
  const problems: string[] = [];
  const set = paths(value, type, '', false, problems) ?? LEAF;
  if (problems.length > 0)
    throw new TypedValueError(
      problems.length === 1 ? problems[0] : `errors:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  return set;
}

const isNumeric = (type: TypeInfo | undefined) =>
  type?.kind === 'int32' || type?.kind === 'int64' || type?.kind === 'double';

/**
 * @param self the value is a member as a whole too, as list items and the values of maps are.
 * @param problems told what does not fit the schema.
 */
function paths(
  value: any,
  type: TypeInfo | undefined,
  at: string,
  self: boolean,
  problems: string[],
): FieldSet | undefined {
  if (typeof value === 'string' && isNumeric(type))
    problems.push(`${at}: expected numeric (int or float), got string`);
  // An empty list names nothing; an empty struct or map is named itself.
  if (isLeaf(value, type)) return type && isAssociative(type) && Array.isArray(value) ? undefined : LEAF;
  const out: Tree = self ? { '.': LEAF } : {};
  if (isGranular(type!)) {
    for (const name in value) {
      const inner = fieldType(type!, name);
      if (!inner && !type!.preserveUnknown) problems.push(`${at}.${name}: field not declared in schema`);
      const below = paths(value[name], inner, `${at}.${name}`, type!.kind === 'map', problems);
      if (below) out[`f:${name}`] = below;
    }
    return isEmpty(out) ? undefined : out;
  }
  for (const each of value) {
    const element = elementOf(type!, each);
    if (element in out) problems.push(`${at}: duplicate entries for key ${keyText(element)}`);
    const whole = type!.listType === 'set';
    out[element] =
      (whole ? undefined : paths(each, type!.element, at + keyText(element), true, problems)) ?? LEAF;
  }
  return out;
}

function keyText(element: string): string {
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const keys = Object.entries(JSON.parse(element.slice(2)) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

export interface Comparison {
  added: FieldSet | undefined;
  removed: FieldSet | undefined;
  modified: FieldSet | undefined;
}

/** What differs between two objects. */
export function compare(from: unknown, to: unknown, type: TypeInfo): Comparison {
  const added: Tree = {};
  const removed: Tree = {};
  const modified: Tree = {};
  if (from !== to) compareFields(from as Json, to as Json, type, added, removed, modified);
  return {
    added: isEmpty(added) ? undefined : added,
    removed: isEmpty(removed) ? undefined : removed,
    modified: isEmpty(modified) ? undefined : modified,
  };
}

function compareFields(
  from: Json,
  to: Json,
  type: TypeInfo,
  added: Tree,
  removed: Tree,
  modified: Tree,
): void {
  for (const name in to) {
    const next = to[name];
    const old = from[name];
    if (next === old) continue;
    compareValue(`f:${name}`, old, next, fieldType(type, name), added, removed, modified);
  }
  for (const name in from)
    if (to[name] === undefined && from[name] !== undefined)
      removed[`f:${name}`] = everything(from[name], fieldType(type, name));
}

function compareValue(
  element: string,
  old: any,
  next: any,
  type: TypeInfo | undefined,
  added: Tree,
  removed: Tree,
  modified: Tree,
): void {
  if (next === undefined) {
    if (old !== undefined) removed[element] = everything(old, type);
    return;
  }
  if (old === undefined) {
    added[element] = everything(next, type);
    return;
  }
  if (isLeaf(old, type) && isLeaf(next, type)) {
    if (!deepEqual(old, next)) modified[element] = LEAF;
    return;
  }
  const inner: [Tree, Tree, Tree] = [{}, {}, {}];
  if (isGranular(type!)) compareFields(old ?? {}, next ?? {}, type!, ...inner);
  else compareItems(old, next, type!, ...inner);
  if (!isEmpty(inner[0])) added[element] = inner[0];
  if (!isEmpty(inner[1])) removed[element] = inner[1];
  if (!isEmpty(inner[2])) modified[element] = inner[2];
}

function compareItems(from: any, to: any, type: TypeInfo, added: Tree, removed: Tree, modified: Tree): void {
  const old = itemsOf(type, from);
  const next = itemsOf(type, to);
  for (const [element, item] of next) {
    const before = old.get(element);
    if (item === before) continue;
    compareValue(
      element,
      before,
      item,
      type.listType === 'set' ? undefined : type.element,
      added,
      removed,
      modified,
    );
  }
  for (const [element, item] of old)
    if (!next.has(element))
      removed[element] = everything(item, type.listType === 'set' ? undefined : type.element);
}

/** A value and all that is in it. */
function everything(value: any, type: TypeInfo | undefined): FieldSet {
  if (isLeaf(value, type)) return LEAF;
  const out: Tree = { '.': LEAF };
  if (isGranular(type!))
    for (const name in value) out[`f:${name}`] = everything(value[name], fieldType(type!, name));
  else
    for (const item of value)
      out[elementOf(type!, item)] = everything(item, type!.listType === 'set' ? undefined : type!.element);
  return out;
}

/** `config` over `live`: scalars and atomic values of `config` win, the rest is merged by fields and keys. */
export function mergeTyped(live: any, config: any, type: TypeInfo | undefined): any {
  if (config === undefined) return live;
  if (live === undefined || live === null || live === config) return config;
  if (type && isGranular(type) && isObject(live) && isObject(config)) {
    let out = live;
    for (const name in config) {
      const merged = mergeTyped(live[name], config[name], fieldType(type, name));
      if (merged === live[name] || deepEqual(merged, live[name])) continue;
      if (out === live) out = { ...live };
      if (merged === null) delete out[name];
      else out[name] = merged;
    }
    return out;
  }
  if (type && isAssociative(type) && Array.isArray(live) && Array.isArray(config))
    return mergeItems(live, config, type);
  return config;
}

/** The items of `config` in its order; what only `live` has comes as early as its own order allows. */
function mergeItems(live: any[], config: any[], type: TypeInfo): any[] {
  const old = itemsOf(type, live);
  const next = itemsOf(type, config);
  const elements = [...old.keys()];
  const out: any[] = [];
  const taken = new Set<string>();
  let at = 0;
  const takeLiveOnly = () => {
    for (; at < elements.length; at++) {
      const element = elements[at]!;
      if (!next.has(element)) out.push(old.get(element));
      else if (!taken.has(element)) return;
    }
  };
  for (const [element, item] of next) {
    takeLiveOnly();
    const before = old.get(element);
    out.push(before === undefined || type.listType === 'set' ? item : mergeTyped(before, item, type.element));
    taken.add(element);
  }
  takeLiveOnly();
  return out;
}

/** `value` without the members of `paths`. A struct that loses its last field goes with it if it is a member. */
export function removePaths(value: any, paths: FieldSet, type: TypeInfo | undefined): any {
  if (!type) return value;
  if (isGranular(type) && isObject(value)) {
    let out = value;
    for (const element in paths) {
      const name = element.slice(2);
      if (!element.startsWith('f:') || !(name in out)) continue;
      const left = isMember(paths[element]!)
        ? undefined
        : removePaths(value[name], paths[element]!, fieldType(type, name));
      if (left === value[name]) continue;
      if (out === value) out = { ...value };
      if (left === undefined) delete out[name];
      else out[name] = left;
    }
    return out;
  }
  if (!isAssociative(type) || !Array.isArray(value)) return value;
  const out: any[] = [];
  for (const item of value) {
    const path = paths[elementOf(type, item)];
    if (path === undefined) out.push(item);
    else if (!isMember(path)) out.push(removePaths(item, path, type.element));
  }
  return out.length === value.length && out.every((item, index) => item === value[index]) ? value : out;
}

/** The set with every struct and list item on the way to a member made a member too. */
export function withParents(set: FieldSet | undefined): FieldSet | undefined {
  if (!set) return undefined;
  const out: Tree = {};
  for (const element in set) {
    if (element === '.') continue;
    const inner = withParents(set[element]);
    out[element] = inner && !isEmpty(inner) ? { '.': LEAF, ...inner } : LEAF;
  }
  return out;
}
