/**
 * Structural sharing: the value of `next`, with every subtree that equals its counterpart in `previous`
 * taken from there. Returns `previous` itself when nothing differs, so that "did it change" is `===`.
 */
export function share<T>(previous: unknown, next: T): T {
  if (previous === next) return next;
  if (typeof previous !== 'object' || typeof next !== 'object' || previous === null || next === null)
    return next;
  if (Array.isArray(next)) return Array.isArray(previous) ? (shareList(previous, next) as T) : next;
  if (Array.isArray(previous)) return next;
  return shareRecord(previous as Record<string, unknown>, next as Record<string, unknown>) as T;
}

function shareList(previous: readonly unknown[], next: unknown[]): readonly unknown[] {
  let equal = previous.length === next.length;
  let out: unknown[] | undefined;
  for (let at = 0; at < next.length; at++) {
    const item = share(previous[at], next[at]);
    if (item !== previous[at]) equal = false;
    if (item !== next[at]) (out ??= next.slice())[at] = item;
  }
  return equal ? previous : (out ?? next);
}

function shareRecord(
  previous: Readonly<Record<string, unknown>>,
  next: Record<string, unknown>,
): Readonly<Record<string, unknown>> {
  let equal = true;
  let out: Record<string, unknown> | undefined;
  for (const name in next) {
    const value = share(previous[name], next[name]);
    if (value !== previous[name] || !(name in previous)) equal = false;
    if (value !== next[name]) (out ??= { ...next })[name] = value;
  }
  if (equal) for (const name in previous) if (!(name in next)) equal = false;
  return equal ? previous : (out ?? next);
}
