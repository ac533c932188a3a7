/**
 * JSON Patch (RFC 6902) as the API server applies it (evanphx/json-patch 4), with the error words of that
 * library. (The server itself answers 422 `the server rejected our request due to an error in our request`
 * and keeps them to itself.) The document is not changed; what no operation touches is shared.
 */
import { setOwn } from './own-property.ts';

/**
 * What all copies of a patch may come to together (`--json-patch-max-copy-bytes`): a copy of what holds
 * earlier copies doubles it each time.
 */
const MAX_COPY_BYTES = 3 * 1024 * 1024;

export interface JsonPatchOperation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** An operation does not apply (422 at the API server) or the patch is malformed (400). */
export class JsonPatchError extends Error {}

/** Its copies would come to more than the server takes (413). */
export class CopySizeError extends Error {}

type Container = Record<string, unknown> | unknown[];

/** Throws `JsonPatchError`. */
export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  let result = document;
  let copiedBytes = 0;
  for (const operation of patch) {
    if (operation?.op === 'copy') {
      copiedBytes += (JSON.stringify(lookup(result, operation.from ?? '').value) ?? 'null').length;
      if (copiedBytes > MAX_COPY_BYTES)
        throw new CopySizeError(
          `Unable to complete the copy, the accumulated size increase of copy is ${copiedBytes}, exceeding the limit ${MAX_COPY_BYTES}`,
        );
    }
    result = applyOperation(result, operation);
  }
  return result;
}

function applyOperation(document: unknown, operation: JsonPatchOperation | null): unknown {
  if (typeof operation !== 'object' || operation === null)
    throw new JsonPatchError('Unexpected kind: unknown');
  const { op, path } = operation;
  if (typeof path !== 'string') throw new JsonPatchError('missing operation path: missing value');
  if ((op === 'move' || op === 'copy') && typeof operation.from !== 'string')
    throw new JsonPatchError(`${op} operation does not apply: missing from: missing value`);
  switch (op) {
    case 'add':
      return change(document, path, 'add', (parent, key) =>
        insert(parent, key, operation.value ?? null, path),
      );
    case 'remove':
      return change(document, path, 'remove', (parent, key) => remove(parent, key, path));
    case 'replace':
      if (path === '') return operation.value ?? null;
      return change(document, path, 'replace', (parent, key) =>
        replace(parent, key, operation.value ?? null, path),
      );
    case 'test': {
      const found = lookup(document, path);
      if (found.missing && operation.value !== null && operation.value !== undefined)
        throw new JsonPatchError(`testing path ${path}: missing value: test failed`);
      if (!found.missing && !deepEqual(found.value, operation.value ?? null))
        throw new JsonPatchError(`testing value ${path} failed: test failed`);
      return document;
    }
    case 'move': {
      const value = take(document, operation.from);
      const without = change(document, operation.from!, 'move', (parent, key) =>
        remove(parent, key, operation.from!),
      );
      return change(without, path, 'move', (parent, key) => insert(parent, key, value, path));
    }
    case 'copy': {
      // A missing source is copied as null, as in the library of the API server.
      const value = lookup(document, operation.from ?? '').value ?? null;
      return change(document, path, 'copy', (parent, key) => insert(parent, key, value, path));
    }
    default:
      throw new JsonPatchError(`Unexpected kind: ${op}`);
  }
}

function take(document: unknown, from: string | undefined): unknown {
  const found = lookup(document, from ?? '');
  if (found.missing)
    throw new JsonPatchError(
      `move operation does not apply: doc is missing from path: ${from}: missing value`,
    );
  return found.value;
}

/** Reference tokens of a JSON pointer. */
const tokensOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

function lookup(document: unknown, path: string): { missing: boolean; value?: unknown } {
  let value = document;
  for (const token of tokensOf(path)) {
    if (Array.isArray(value)) {
      const index = Number(token);
      if (!/^\d+$/.test(token) || index >= value.length) return { missing: true };
      value = value[index];
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, token))
      value = (value as Record<string, unknown>)[token];
    else return { missing: true };
  }
  return { missing: false, value };
}

/** Copies the containers along `path` and lets `edit` work on the copy of the innermost. */
function change(
  document: unknown,
  path: string,
  op: string,
  edit: (parent: Container, key: string) => void,
): unknown {
  const tokens = tokensOf(path);
  const missing = () =>
    new JsonPatchError(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  // Of a path that names no member there is no parent.
  if (tokens.length === 0 && path !== '') throw missing();
  if (tokens.length === 0) {
    const holder: Record<string, unknown> = { '': document };
    edit(holder, '');
    return holder[''];
  }
  const copy = (value: unknown): Container => {
    if (Array.isArray(value)) return value.slice();
    if (typeof value === 'object' && value !== null) return { ...(value as Record<string, unknown>) };
    throw missing();
  };
  const root = copy(document);
  let parent = root;
  for (const token of tokens.slice(0, -1)) {
    const child = lookup(parent, `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    if (child.missing) throw missing();
    const copied = copy(child.value);
    if (Array.isArray(parent)) parent[Number(token)] = copied;
    else setOwn(parent, token, copied);
    parent = copied;
  }
  edit(parent, tokens.at(-1)!);
  return root;
}

function indexOf(list: unknown[], key: string, limit: number, path: string, op: string): number {
  if (!/^-?\d+$/.test(key))
    throw new JsonPatchError(
      `${op} operation does not apply: doc is missing key: ${path}: strconv.Atoi: parsing "${key}": invalid syntax`,
    );
  let index = Number(key);
  if (index < 0) index += op === 'add' ? limit : list.length;
  if (index < 0 || index >= limit)
    throw new JsonPatchError(
      op === 'add'
        ? `error in add for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`
        : `${op} operation does not apply: doc is missing key: ${path}: missing value`,
    );
  return index;
}

function insert(parent: Container, key: string, value: unknown, path: string): void {
  if (!Array.isArray(parent)) setOwn(parent, key, value);
  else if (key === '-') parent.push(value);
  else parent.splice(indexOf(parent, key, parent.length + 1, path, 'add'), 0, value);
}

function replace(parent: Container, key: string, value: unknown, path: string): void {
  if (Array.isArray(parent)) parent[indexOf(parent, key, parent.length, path, 'replace')] = value;
  // An absent member is set, not refused: so does the library of the API server.
  else setOwn(parent, key, value);
}

function remove(parent: Container, key: string, path: string): void {
  if (Array.isArray(parent)) {
    parent.splice(indexOf(parent, key, parent.length, path, 'remove'), 1);
    return;
  }
  if (!Object.hasOwn(parent, key))
    throw new JsonPatchError(
      `error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`,
    );
  delete parent[key];
}

/** Equality of JSON values. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!deepEqual(a[index], b[index])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  let size = 0;
  for (const key in left) {
    size++;
    if (!Object.hasOwn(right, key) || !deepEqual(left[key], right[key])) return false;
  }
  for (const _ in right) size--;
  return size === 0;
}
