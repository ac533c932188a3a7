/**
 * The suffix of generated ConfigMaps and Secrets (kustomize `api/internal/hasher`): ten letters of the SHA-256
 * of the contents as Go writes them in JSON. The name is no part of it.
 */
import { encode } from '../../../core/bytes.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { sha256 } from '../../../core/sha256.ts';

/** Digits that could make words are replaced. */
const SPOKEN: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

export function nameHash({ kind, type, data, binaryData, stringData }: KubernetesObject): string {
  const content: Record<string, unknown> =
    kind === 'Secret'
      ? { kind, type: type ?? '', name: '', data: data ?? '', ...(stringData ? { stringData } : {}) }
      : { kind, name: '', data: data ?? '', ...(binaryData ? { binaryData } : {}) };
  return sha256(encode(goJson(content)))
    .slice(0, 10)
    .replace(/[013ae]/g, (digit) => SPOKEN[digit]!);
}

/** JSON with sorted keys and with what HTML minds escaped, as Go's encoder does. */
export function goJson(value: unknown): string {
  const sorted = (inner: unknown): unknown =>
    Array.isArray(inner)
      ? inner.map(sorted)
      : typeof inner === 'object' && inner !== null
        ? Object.fromEntries(
            Object.entries(inner)
              .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
              .map(([key, each]) => [key, sorted(each)]),
          )
        : inner;
  return JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
