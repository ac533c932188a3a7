/**
 * Defaults of a schema (apiextensions-apiserver `schema/defaulting`): for fields that are absent, and for
 * nulls where the schema allows none. Nothing is changed in place.
 */
import { isObject } from '../../api/json-object.ts';
import { fieldOf, itemsOf, type JsonSchema } from './json-schema.ts';

const isMissing = (value: unknown, schema: JsonSchema): boolean =>
  value === undefined || (value === null && !schema.nullable);

/** `value` with its defaults. */
export function withDefaults(value: unknown, schema: JsonSchema | undefined): any {
  if (!schema) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return value;
    let out = value;
    value.forEach((item, index) => {
      const given = item === null && !items.nullable ? (items.default ?? null) : item;
      const made = withDefaults(given, items);
      if (made === item) return;
      if (out === value) out = value.slice();
      out[index] = made;
    });
    return out;
  }
  if (!isObject(value)) return value;
  let out = value;
  const set = (name: string, to: unknown) => {
    if (out === value) out = { ...value };
    out[name] = to;
  };
  for (const name in schema.properties) {
    const field = schema.properties[name]!;
    // A default of null is none.
    if (field.default === undefined || field.default === null) continue;
    if (isMissing(Object.hasOwn(value, name) ? value[name] : undefined, field)) set(name, field.default);
  }
  for (const name in out) {
    const field = fieldOf(schema, name);
    if (!field) continue;
    const isValue = !Object.hasOwn(schema.properties ?? {}, name);
    const given = isValue && out[name] === null && !field.nullable ? (field.default ?? null) : out[name];
    const made = withDefaults(given, field);
    if (made !== out[name]) set(name, made);
  }
  return out;
}
