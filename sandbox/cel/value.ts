/**
 * Kubernetes objects as CEL values. JSON has one kind of number, CEL has two that do not mix: fields of
 * format int32 and int64 arrive as `int` (BigInt) because the schema says so, or `spec.replicas + 1`
 * would be a type error. Source: apiserver `pkg/cel/common/values.go`.
 */

/** The part of a type's schema that decides which numbers are doubles. */
export interface ValueType {
  /** JSON type; `number` is the only one that stays a double. */
  type?: string | undefined;
  fields?: Readonly<Record<string, FieldType>> | undefined;
}

export interface FieldType {
  type?: string | undefined;
  /** Name of another type. */
  ref?: string | undefined;
  items?: FieldType | undefined;
  values?: FieldType | undefined;
}

/** Finds a type by name; undefined for what is unknown (whole numbers are then ints). */
export type TypeLookup = (name: string) => ValueType | undefined;

/** Converts once an object: stored objects are immutable, so their values are remembered. */
export class CelValues {
  #lookup: TypeLookup;
  #known = new WeakMap<object, unknown>();

  constructor(lookup: TypeLookup) {
    this.#lookup = lookup;
  }

  /** The CEL value of `object`, whose type is `typeName`. Neither the object nor the result may be changed. */
  of(object: unknown, typeName?: string): unknown {
    if (typeof object !== 'object' || object === null) return this.#convert(object, undefined);
    const known = this.#known.get(object);
    if (known !== undefined) return known;
    const value = this.#convert(object, typeName === undefined ? undefined : { ref: typeName });
    this.#known.set(object, value);
    return value;
  }

  #convert(value: unknown, type: FieldType | undefined): unknown {
    if (typeof value === 'number') {
      return type?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
    }
    if (Array.isArray(value)) return value.map((item) => this.#convert(item, type?.items));
    if (typeof value !== 'object' || value === null) return value;
    const fields = type?.ref === undefined ? undefined : this.#lookup(type.ref)?.fields;
    const out: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value)) {
      if (member !== undefined) out[key] = this.#convert(member, fields?.[key] ?? type?.values);
    }
    return out;
  }
}
