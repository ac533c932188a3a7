/**
 * Members of objects that came from outside, whatever they are called: to JavaScript `__proto__` is no key
 * when it is assigned to, and `constructor` is there when it is read. A key of a ConfigMap may be either.
 */
export function getOwn(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
