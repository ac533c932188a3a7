/**
 * Strategic merge patches (`apimachinery/pkg/util/strategicpatch`): lists are merged by the keys that the
 * schema names, with the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and
 * `$setElementOrder`. Applying shares what it does not change. The makers produce what kubectl sends.
 */
import { deepEqual } from './json-patch.ts';
import type { FieldInfo, TypeInfo } from './schema.ts';
import { isObject } from './json-object.ts';

type Json = Record<string, any>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** The patch is malformed; the message is what the API server says. */
export class StrategicMergePatchError extends Error {}

/** How a field merges. Fields outside the schema (of CRDs, say) are replaced, as in a JSON merge patch. */
interface Strategy {
  merges: boolean;
  replaces: boolean;
  retainsKeys: boolean;
  mergeKey: string | undefined;
  type: TypeInfo | undefined;
}

const REPLACED: Strategy = {
  merges: false,
  replaces: false,
  retainsKeys: false,
  mergeKey: undefined,
  type: undefined,
};

/** Patches name the same few fields all the time. */
const strategies = new WeakMap<FieldInfo, Strategy>();

function strategyOf(type: TypeInfo | undefined, name: string): Strategy {
  const field: FieldInfo | undefined = type?.fields.get(name);
  if (!field) return type?.kind === 'map' ? { ...REPLACED, type: type.element } : REPLACED;
  let strategy = strategies.get(field);
  if (!strategy) {
    strategy = {
      merges: field.patchStrategy.includes('merge'),
      replaces: field.patchStrategy.includes('replace'),
      retainsKeys: field.patchStrategy.includes('retainKeys'),
      mergeKey: field.patchMergeKey,
      type: field.type.kind === 'map' ? field.type : (field.type.element ?? field.type),
    };
    strategies.set(field, strategy);
  }
  return strategy;
}

/** Throws `StrategicMergePatchError`. */
export function applyStrategicMergePatch<T>(original: T, patch: unknown, type: TypeInfo): T {
  if (!isObject(patch)) throw new StrategicMergePatchError('cannot unmarshal patch into a map');
  return mergeMap((original ?? {}) as Json, patch, type) as T;
}

function mergeMap(original: Json, patch: Json, type: TypeInfo | undefined): Json {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw new StrategicMergePatchError(
      `Unknown patch type '${directive}' found in map with keys ${Object.keys(patch).join(' ')}`,
    );
  let out = original;
  const own = () => {
    if (out === original) out = { ...original };
  };
  const retain: string[] | undefined = patch[RETAIN_KEYS];
  if (retain) {
    for (const name in patch)
      if (!name.startsWith('$') && patch[name] !== null && !retain.includes(name))
        throw new StrategicMergePatchError(
          `${JSON.stringify(patch)} patch is not a subset of retainKeys list`,
        );
    for (const name in original)
      if (!retain.includes(name)) {
        own();
        delete out[name];
      }
  }
  for (const name in patch) {
    if (name.startsWith(DELETE_FROM)) {
      const field = name.slice(DELETE_FROM.length);
      if (!Array.isArray(out[field])) continue;
      const gone: unknown[] = patch[name];
      own();
      out[field] = out[field].filter((item: unknown) => !gone.includes(item));
    } else if (name.startsWith(ELEMENT_ORDER)) {
      const field = name.slice(ELEMENT_ORDER.length);
      // With a list of its own in the patch the order is applied there.
      if (field in patch || !Array.isArray(out[field])) continue;
      const ordered = orderElements(out[field], out[field], patch[name], strategyOf(type, field).mergeKey);
      own();
      out[field] = ordered;
    }
  }
  for (const name in patch) {
    if (name.startsWith('$')) continue;
    const given = patch[name];
    if (given === null) {
      if (!(name in out)) continue;
      own();
      delete out[name];
      continue;
    }
    const strategy = strategyOf(type, name);
    const merged = mergeValue(out[name], given, strategy, patch[ELEMENT_ORDER + name]);
    if (merged === out[name]) continue;
    own();
    out[name] = merged;
  }
  return out;
}

function mergeValue(
  original: unknown,
  patch: unknown,
  strategy: Strategy,
  order: unknown[] | undefined,
): unknown {
  if (isObject(patch)) {
    if (isObject(original) && !strategy.replaces) return mergeMap(original, patch, strategy.type);
    return withoutDirectives(patch);
  }
  if (Array.isArray(patch)) {
    if (Array.isArray(original) && strategy.merges) return mergeList(original, patch, strategy, order);
    return strategy.merges
      ? patch
          .filter((item) => item?.[DIRECTIVE] !== 'delete' && item?.[DIRECTIVE] !== 'replace')
          .map(withoutDirectives)
      : patch;
  }
  return patch;
}

/** What a patch leaves where there was nothing: without directives and without nulls. */
function withoutDirectives(value: any): any {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isObject(value)) return value;
  const out: Json = {};
  for (const name in value)
    if (!name.startsWith('$') && value[name] !== null) out[name] = withoutDirectives(value[name]);
  return out;
}

function mergeList(original: any[], patch: any[], strategy: Strategy, order: unknown[] | undefined): any[] {
  const { mergeKey } = strategy;
  if (!mergeKey) {
    const added = patch.filter((item, index) => !original.includes(item) && patch.indexOf(item) === index);
    const all = [...original, ...added];
    return orderElements(all, original, order ?? patch, undefined);
  }
  if (patch.some((item) => item?.[DIRECTIVE] === 'replace'))
    return patch.filter((item) => item[DIRECTIVE] !== 'replace').map(withoutDirectives);
  let merged = original;
  const named: any[] = [];
  for (const item of patch) {
    if (!isObject(item))
      throw new StrategicMergePatchError(`expected a map in the list, got ${JSON.stringify(item)}`);
    const key = item[mergeKey];
    if (key === undefined || key === null)
      throw new StrategicMergePatchError(
        `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`,
      );
    const at = merged.findIndex((each) => each?.[mergeKey] === key);
    if (item[DIRECTIVE] === 'delete') {
      merged = merged.filter((each) => each?.[mergeKey] !== key);
      continue;
    }
    named.push(item);
    if (at < 0) {
      merged = [...merged, withoutDirectives(item)];
      continue;
    }
    const made = mergeMap(merged[at], item, strategy.type);
    if (made !== merged[at]) merged = merged.with(at, made);
  }
  return orderElements(merged, original, order ?? named, mergeKey);
}

/** A map as Go's `%v` prints it. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isObject(value)) return value === null ? '<nil>' : String(value);
  const pairs = Object.keys(value)
    .toSorted()
    .map((name) => `${name}:${goMap(value[name])}`);
  return `map[${pairs.join(' ')}]`;
}

/**
 * Elements that `order` names come in its order; the others keep their place among themselves and stand
 * before those that followed them in `original`.
 */
function orderElements(
  merged: any[],
  original: any[],
  order: unknown[],
  mergeKey: string | undefined,
): any[] {
  const keyOf = (item: any) => (mergeKey ? item?.[mergeKey] : item);
  if (merged.length === order.length && merged.every((item, index) => keyOf(item) === keyOf(order[index])))
    return merged;
  const position = new Map<unknown, number>();
  order.forEach((item, index) => position.set(keyOf(item), index));
  const before = new Map<unknown, number>();
  original.forEach((item, index) => before.set(keyOf(item), index));
  const named = merged
    .filter((item) => position.has(keyOf(item)))
    .sort((a, b) => position.get(keyOf(a))! - position.get(keyOf(b))!);
  const others = merged.filter((item) => !position.has(keyOf(item)));
  const out: any[] = [];
  let at = 0;
  for (const item of named) {
    const place = before.get(keyOf(item));
    while (place !== undefined && at < others.length && (before.get(keyOf(others[at])) ?? Infinity) < place)
      out.push(others[at++]);
    out.push(item);
  }
  out.push(...others.slice(at));
  return out.every((item, index) => item === merged[index]) ? merged : out;
}

interface DiffOptions {
  deletions: boolean;
  changes: boolean;
}

const EVERYTHING: DiffOptions = { deletions: true, changes: true };

/** The patch that turns `original` into `modified`. */
export function createTwoWayMergePatch(original: unknown, modified: unknown, type: TypeInfo): Json {
  return diffMap(asMap(original), asMap(modified), type, EVERYTHING);
}

/**
 * `kubectl apply`: brings `current` to what `modified` says and takes out what `original` (the last applied)
 * said and `modified` no longer does; what others added stays.
 */
export function createThreeWayMergePatch(
  original: unknown,
  modified: unknown,
  current: unknown,
  type: TypeInfo,
): Json {
  const delta = diffMap(asMap(current), asMap(modified), type, { deletions: false, changes: true });
  const deletions = diffMap(asMap(original), asMap(modified), type, { deletions: true, changes: false });
  return mergePatches(deletions, delta, type);
}

const asMap = (value: unknown): Json => (isObject(value) ? value : {});

function diffMap(original: Json, modified: Json, type: TypeInfo | undefined, options: DiffOptions): Json {
  const patch: Json = {};
  for (const name in original) if (!(name in modified) && options.deletions) patch[name] = null;
  for (const name in modified) {
    const to = modified[name];
    if (!(name in original)) {
      if (options.changes && to !== undefined) patch[name] = to;
      continue;
    }
    const from = original[name];
    if (from === to) continue;
    const strategy = strategyOf(type, name);
    if (isObject(from) && isObject(to) && !strategy.replaces) {
      const inner = diffMap(from, to, strategy.type, options);
      if (Object.keys(inner).length === 0) continue;
      if (strategy.retainsKeys && options.changes) inner[RETAIN_KEYS] = Object.keys(to).toSorted();
      patch[name] = inner;
    } else if (Array.isArray(from) && Array.isArray(to) && strategy.merges)
      diffList(name, from, to, strategy, options, patch);
    else if (options.changes && !deepEqual(from, to)) patch[name] = to;
  }
  return patch;
}

function diffList(
  name: string,
  original: any[],
  modified: any[],
  strategy: Strategy,
  options: DiffOptions,
  patch: Json,
): void {
  const { mergeKey } = strategy;
  const changes: any[] = [];
  if (!mergeKey) {
    if (options.changes) changes.push(...modified.filter((item) => !original.includes(item)));
    const gone = original.filter((item) => !modified.includes(item));
    if (options.deletions && gone.length > 0) patch[DELETE_FROM + name] = gone;
    if (changes.length > 0) patch[name] = changes;
    if (
      changes.length > 0 ||
      (options.deletions && gone.length > 0) ||
      (options.changes && !sameOrder(original, modified))
    )
      patch[ELEMENT_ORDER + name] = modified;
    return;
  }
  for (const item of modified) {
    const before = original.find((each) => each[mergeKey] === item[mergeKey]);
    if (!before) {
      if (options.changes) changes.push(item);
      continue;
    }
    const inner = diffMap(before, item, strategy.type, options);
    if (Object.keys(inner).length === 0) continue;
    if (strategy.retainsKeys && options.changes) inner[RETAIN_KEYS] = Object.keys(item).toSorted();
    changes.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  if (options.deletions)
    for (const item of original)
      if (!modified.some((each) => each[mergeKey] === item[mergeKey]))
        changes.push({ [DIRECTIVE]: 'delete', [mergeKey]: item[mergeKey] });
  const keys = (list: any[]) => list.map((item) => item[mergeKey]);
  if (changes.length > 0) patch[name] = changes;
  if (changes.length > 0 || (options.changes && !sameOrder(keys(original), keys(modified))))
    patch[ELEMENT_ORDER + name] = keys(modified).map((key) => ({ [mergeKey]: key }));
}

/** Whether what both lists have stands in the same order. */
function sameOrder(original: unknown[], modified: unknown[]): boolean {
  const shared = original.filter((item) => modified.includes(item));
  return deepEqual(
    shared,
    modified.filter((item) => original.includes(item)),
  );
}

/** Both patches in one: the deletions of the first and the changes of the second. */
function mergePatches(deletions: Json, delta: Json, type: TypeInfo | undefined): Json {
  const out: Json = { ...deletions };
  for (const name in delta) {
    const here = out[name];
    const there = delta[name];
    const strategy = strategyOf(type, name);
    if (isObject(here) && isObject(there)) out[name] = mergePatches(here, there, strategy.type);
    else if (Array.isArray(here) && Array.isArray(there) && strategy.merges && !name.startsWith('$')) {
      const { mergeKey } = strategy;
      const merged = [...here];
      for (const item of there) {
        const at = mergeKey
          ? merged.findIndex((each) => each[mergeKey] === item[mergeKey])
          : merged.indexOf(item);
        if (at < 0) merged.push(item);
        else if (mergeKey) merged[at] = mergePatches(merged[at], item, strategy.type);
      }
      out[name] = merged;
    } else out[name] = there;
  }
  return out;
}
