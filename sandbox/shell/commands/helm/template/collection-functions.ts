/** sprig's lists and dictionaries, defaults, kinds and types. */
import { FunctionError, type FunctionTable } from '../../../go-template/execution.ts';
import { fn, list, map, more, strval, strings, text, whole } from './signature.ts';
import { isMap, kindOf, sortedKeys, truth, typeOf, type GoMap } from '../../../go-template/values.ts';

/** `reflect.DeepEqual`. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => deepEqual(item, b[at]));
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
    );
  }
  return (a ?? null) === (b ?? null);
}

export function deepCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepCopy);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepCopy(inner)]));
}

/** mergo: what is empty in `target` is taken from `source`; with `overwrite` what `source` has wins. Changes `target`. */
function mergeInto(target: GoMap, source: GoMap, overwrite: boolean): GoMap {
  for (const [key, value] of Object.entries(source)) {
    const own = target[key];
    if (isMap(own) && isMap(value)) mergeInto(own, value, overwrite);
    else if (!Object.hasOwn(target, key) || !truth(own) || (overwrite && truth(value)))
      target[key] = deepCopy(value);
  }
  return target;
}

function dictOf(...pairs: unknown[]): GoMap {
  const out: GoMap = {};
  for (let at = 0; at < pairs.length; at += 2)
    out[strval(pairs[at])] = at + 1 < pairs.length ? pairs[at + 1] : '';
  return out;
}

function dig(...args: unknown[]): unknown {
  let value: unknown = args.at(-1);
  const fallback = args.at(-2);
  for (const key of args.slice(0, -2)) {
    if (!isMap(value))
      throw new FunctionError(
        `interface conversion: interface {} is ${typeOf(value)}, not map[string]interface {}`,
      );
    if (!Object.hasOwn(value, text(key))) return fallback;
    value = value[text(key)];
  }
  return value;
}

const merged = (overwrite: boolean) =>
  more(1, (target, ...sources) =>
    sources.reduce((all: GoMap, source) => mergeInto(all, map(source), overwrite), map(target)),
  );

const unique = (items: unknown[]) =>
  items.filter((item, at) => items.findIndex((each) => deepEqual(each, item)) === at);
const pairsOf = (value: GoMap, keep: (key: string) => boolean) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => keep(key)));

export const COLLECTION_FUNCTIONS: FunctionTable = {
  list: more(0, (...values) => values),
  tuple: more(0, (...values) => values),
  first: fn(1, (values) => list(values, 'first')[0]),
  last: fn(1, (values) => list(values, 'last').at(-1)),
  rest: fn(1, (values) => list(values, 'rest').slice(1)),
  initial: fn(1, (values) => list(values, 'initial').slice(0, -1)),
  append: fn(2, (values, value) => [...list(values, 'push'), value]),
  push: fn(2, (values, value) => [...list(values, 'push'), value]),
  prepend: fn(2, (values, value) => [value, ...list(values, 'prepend')]),
  concat: more(0, (...lists) => lists.flatMap((values) => list(values, 'concat'))),
  reverse: fn(1, (values) => [...list(values, 'reverse')].reverse()),
  uniq: fn(1, (values) => unique(list(values, 'uniq'))),
  without: more(1, (values, ...others) =>
    list(values, 'without').filter((item) => !others.some((other) => deepEqual(item, other))),
  ),
  has: fn(2, (value, values) =>
    values === null || values === undefined
      ? false
      : list(values, 'has').some((item) => deepEqual(item, value)),
  ),
  compact: fn(1, (values) => list(values, 'compact').filter(truth)),
  slice: more(1, (values, from = 0n, to?: unknown) =>
    list(values, 'slice').slice(whole(from), to === undefined ? undefined : whole(to)),
  ),
  chunk: fn(2, (size, values) => {
    const items = list(values, 'chunk');
    const width = whole(size);
    return Array.from({ length: Math.ceil(items.length / width) }, (_, at) =>
      items.slice(at * width, (at + 1) * width),
    );
  }),
  sortAlpha: fn(1, (values) => strings(values).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))),
  dict: more(0, dictOf),
  get: fn(2, (value, key) => (Object.hasOwn(map(value), text(key)) ? value[key] : '')),
  set: fn(3, (value, key, inner) => {
    map(value)[text(key)] = inner;
    return value;
  }),
  unset: fn(2, (value, key) => {
    delete map(value)[text(key)];
    return value;
  }),
  hasKey: fn(2, (value, key) => Object.hasOwn(map(value), text(key))),
  keys: more(0, (...maps) => maps.flatMap((value) => sortedKeys(map(value)))),
  values: fn(1, (value) => sortedKeys(map(value)).map((key) => value[key])),
  pick: more(1, (value, ...keys) => pairsOf(map(value), (key) => keys.includes(key))),
  omit: more(1, (value, ...keys) => pairsOf(map(value), (key) => !keys.includes(key))),
  pluck: more(1, (key, ...maps) =>
    maps.filter((value) => Object.hasOwn(map(value), text(key))).map((value) => value[key]),
  ),
  merge: merged(false),
  mustMerge: merged(false),
  mergeOverwrite: merged(true),
  mustMergeOverwrite: merged(true),
  dig: more(3, dig),
  deepCopy: fn(1, deepCopy),
  mustDeepCopy: fn(1, deepCopy),
  deepEqual: fn(2, deepEqual),
  default: more(1, (fallback, ...values) => (truth(values[0]) ? values[0] : fallback)),
  coalesce: more(0, (...values) => values.find(truth)),
  empty: fn(1, (value) => !truth(value)),
  ternary: fn(3, (yes, no, condition) => (condition === true ? yes : no)),
  all: more(0, (...values) => values.every(truth)),
  any: more(0, (...values) => values.some(truth)),
  kindOf: fn(1, kindOf),
  kindIs: fn(2, (kind, value) => kindOf(value) === kind),
  typeOf: fn(1, typeOf),
  typeIs: fn(2, (type, value) => typeOf(value) === type),
  typeIsLike: fn(2, (type, value) => typeOf(value) === type || typeOf(value) === `*${text(type)}`),
};
