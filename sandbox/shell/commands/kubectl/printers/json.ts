import { escapeHtml, sorted } from '../../../../cluster/api/sorted-json.ts';

export { sorted, sortedJson as toCompactJson } from '../../../../cluster/api/sorted-json.ts';

/** JSON as kubectl prints it: four spaces, keys sorted, Go's HTML escapes (`\u003c`). */
export function toJson(value: unknown): string {
  return `${escapeHtml(JSON.stringify(sorted(value), undefined, 4))}\n`;
}
