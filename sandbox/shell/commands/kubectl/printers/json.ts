/** JSON as kubectl prints it: four spaces, keys sorted, Go's HTML escapes (`\u003c`). */
export function toJson(value: unknown): string {
  return `${escapeHtml(JSON.stringify(sorted(value), undefined, 4))}\n`;
}

/** One line, keys sorted: the form of Go's `json.Marshal`. */
export function toCompactJson(value: unknown): string {
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

const escapeHtml = (text: string) =>
  text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
