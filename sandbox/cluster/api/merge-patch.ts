/** JSON Merge Patch (RFC 7386). Neither side is changed; unchanged subtrees are shared with the result. */
import { deepEqual } from './json-patch.ts';
import { getOwn, setOwn } from './own-property.ts';
import { isObject } from './json-object.ts';

type Json = Record<string, unknown>;

export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  let out: Json | undefined = base === target ? undefined : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      if (!Object.hasOwn(out ?? base, key)) continue;
      out ??= { ...base };
      delete out[key];
      continue;
    }
    const before = getOwn(base, key);
    const merged = applyMergePatch(before, value);
    if (merged === before) continue;
    out ??= { ...base };
    setOwn(out, key, merged);
  }
  return out ?? base;
}

/** The smallest patch that turns `from` into `to`. Nulls inside `to` cannot be expressed and are lost. */
export function createMergePatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return to;
  const patch: Json = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (value === null && !Object.hasOwn(from, key)) continue;
    if (!Object.hasOwn(from, key)) patch[key] = value;
    else if (isObject(from[key]) && isObject(value)) {
      const inner = createMergePatch(from[key], value) as Json;
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!deepEqual(from[key], value)) patch[key] = value;
  }
  return patch;
}

/**
 * kubectl's three-way merge for types without a schema (`jsonmergepatch`): adds and changes what `modified`
 * says over `current`, deletes what `original` had and `modified` no longer names.
 */
export function createThreeWayJsonMergePatch(
  original: unknown,
  modified: unknown,
  current: unknown,
): unknown {
  const additions = withoutDeletions(createMergePatch(current, modified));
  const deletions = onlyDeletions(createMergePatch(original, modified));
  return applyPatchOverPatch(additions, deletions);
}

function withoutDeletions(patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const kept: Json = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) continue;
    const inner = withoutDeletions(value);
    if (
      isObject(inner) &&
      isObject(value) &&
      Object.keys(inner).length === 0 &&
      Object.keys(value).length > 0
    )
      continue;
    kept[key] = inner;
  }
  return kept;
}

function onlyDeletions(patch: unknown): Json {
  const kept: Json = {};
  if (!isObject(patch)) return kept;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) kept[key] = null;
    else if (isObject(value)) {
      const inner = onlyDeletions(value);
      if (Object.keys(inner).length > 0) kept[key] = inner;
    }
  }
  return kept;
}

function applyPatchOverPatch(base: unknown, over: Json): unknown {
  const out: Json = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(over))
    out[key] = isObject(value) ? applyPatchOverPatch(out[key], value) : value;
  return out;
}
