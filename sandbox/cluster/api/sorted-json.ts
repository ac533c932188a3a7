/** JSON as Go's `json.Marshal` writes a map: one line, keys in byte order, HTML's special characters escaped. */
export function sortedJson(value: unknown): string {
  return escapeHtml(JSON.stringify(sorted(value)));
}

/** The same value with the keys of every object in byte order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) out[key] = sorted(inner);
  }
  return out;
}

/** Go's escapes of JSON in HTML (`\u003c`). */
export const escapeHtml = (text: string): string =>
  text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
