/**
 * Kubernetes objects as CEL values. JSON has one kind of number, CEL has two that do not mix: fields of
 * format int32 and int64 arrive as `int` (BigInt) because the schema says so, or `spec.replicas + 1`
 * would be a type error. Source: apiserver `pkg/cel/common/values.go`.
 */

import type { TypeInfo } from '../cluster/api/schema.ts';

/** Converts once an object: stored objects are immutable, so their values are remembered. */
export class CelValues {
  #known = new WeakMap<object, unknown>();

  /**
   * The CEL value of `object`. Without a type, whole numbers are ints. Neither the object nor the result
   * may be changed.
   */
  of(object: unknown, type?: TypeInfo): unknown {
    if (typeof object !== 'object' || object === null) return convert(object, type);
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    const value = convert(object, type);
    this.#known.set(object, value);
    return value;
  }
}

function convert(value: unknown, type: TypeInfo | undefined): unknown {
  if (typeof value === 'number') {
    return type?.kind !== 'double' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => convert(item, type?.element));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) out[key] = convert(member, type?.fields.get(key)?.type ?? type?.element);
  }
  return out;
}
