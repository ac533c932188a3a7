/**
 * The identity of a pod template: two templates are the same when their canonical text is, and the text's
 * hash is the `pod-template-hash`. Kubernetes hashes Go's own dump of the struct; ours is as stable and
 * looks the same, but has other letters for the same template.
 */
import type { PodTemplateSpec } from '../../client/kinds.ts';

export const POD_TEMPLATE_HASH = 'pod-template-hash';

/** `util/rand`: no vowels, so that no word comes out, and no characters that look alike. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const canonicalTexts = new WeakMap<PodTemplateSpec, string>();

/** Whether the templates are equal apart from the label `pod-template-hash`. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}

/** The `pod-template-hash` of a template; `collisionCount` varies it when another template has it already. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const text = canonicalText(template) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  return safeEncode(String(fnv32a(text)));
}

/** `rand.SafeEncodeString`: each character of `text` as one of the safe alphabet. */
export function safeEncode(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) out += SAFE_ALPHABET[text.charCodeAt(i) % SAFE_ALPHABET.length];
  return out;
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Templates do not change, so each is written out once. */
function canonicalText(template: PodTemplateSpec): string {
  let text = canonicalTexts.get(template);
  if (text === undefined) {
    const { [POD_TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
    text = write({ ...template, metadata: { ...template.metadata, labels } }) ?? '';
    canonicalTexts.set(template, text);
  }
  return text;
}

/** JSON with sorted keys; null, empty lists and empty maps of strings mean the same as nothing. */
function write(value: unknown, key?: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : `[${value.map((item) => write(item) ?? 'null').join(',')}]`;
  }
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value)
    .map(([name, field]) => [name, write(field, name)] as const)
    .filter(([, text]) => text !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (fields.length === 0 && key !== undefined && EMPTY_MAPS.has(key)) return undefined;
  return `{${fields.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

const EMPTY_MAPS = new Set(['labels', 'annotations', 'nodeSelector', 'limits', 'requests', 'metadata']);
