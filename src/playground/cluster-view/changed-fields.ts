/** Which fields of an object changed, for people: the path, and the values where they are short. */
import type { KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { isObject } from '../../../sandbox/cluster/api/json-object.ts';

/** Changes with every write and says nothing of it. */
const BOOKKEEPING = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'status.observedGeneration',
]);
/** What somebody asked for before what came of it. */
const ORDER = ['spec', 'data', 'metadata', 'status'];
const MAX_VALUE_CHARACTERS = 40;

/** `spec.replicas: 1 → 3`, most telling first. */
export function changedFields(before: KubernetesObject, after: KubernetesObject): string[] {
  const found: string[] = [];
  compare('', before, after, found);
  const rank = (path: string) => {
    const at = ORDER.indexOf(path.slice(0, path.search(/[.:[]|$/)));
    return at === -1 ? ORDER.length : at;
  };
  return found.sort((a, b) => rank(a) - rank(b));
}

function compare(path: string, before: unknown, after: unknown, found: string[]): void {
  if (before === after || BOOKKEEPING.has(path)) return;
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(path ? `${path}.${key}` : key, before[key], after[key], found);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(path, before, after, found);
  found.push(`${path}${values(before, after)}`);
}

/** Items that have a name or a type keep it over a change of place, as conditions do. */
function compareLists(path: string, before: unknown[], after: unknown[], found: string[]): void {
  const name = (item: unknown, at: number) =>
    isObject(item) ? String(item['name'] ?? item['type'] ?? item['ip'] ?? at) : String(at);
  const old = new Map(before.map((item, at) => [name(item, at), item]));
  const names = new Set([...old.keys(), ...after.map(name)]);
  const now = new Map(after.map((item, at) => [name(item, at), item]));
  for (const key of names) compare(`${path}[${key}]`, old.get(key), now.get(key), found);
}

function values(before: unknown, after: unknown): string {
  const from = short(before);
  const to = short(after);
  if (to === undefined) return after === undefined ? ' removed' : '';
  return from === undefined ? `: ${to}` : `: ${from} → ${to}`;
}

function short(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'object') return undefined;
  const text = String(value);
  return text.length > MAX_VALUE_CHARACTERS ? undefined : text;
}
