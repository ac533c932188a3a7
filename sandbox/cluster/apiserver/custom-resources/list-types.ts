/** Sets and list maps hold nothing twice (apiextensions-apiserver `schema/listtype`). */
import { duplicate, invalid, type FieldError } from '../../api/validation/field-errors.ts';
import { isObject } from '../../api/json-object.ts';
import { child, fieldOf, goJson, itemsOf, type JsonSchema } from './json-schema.ts';

export function validateListTypes(
  value: unknown,
  schema: JsonSchema | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type'];
    if (type === 'set')
      for (const index of repeated(value)) errors.push(duplicate(`${path}[${index}]`, value[index]));
    if (type === 'map') validateKeys(value, schema['x-kubernetes-list-map-keys'] ?? [], path, errors);
    const items = itemsOf(schema);
    if (items) value.forEach((item, index) => validateListTypes(item, items, `${path}[${index}]`, errors));
  } else if (isObject(value)) {
    for (const name in value) {
      const own = schema.properties && Object.hasOwn(schema.properties, name);
      validateListTypes(
        value[name],
        fieldOf(schema, name),
        own ? child(path, name) : `${path}[${name}]`,
        errors,
      );
    }
  }
}

function validateKeys(list: unknown[], keys: readonly string[], path: string, errors: FieldError[]): void {
  const wrong = list.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map';
    errors.push(invalid(`${path}[${wrong}]`, list[wrong], detail));
    return;
  }
  const keyed = list.map((item) =>
    Object.fromEntries(
      keys.filter((key) => isObject(item) && key in item).map((key) => [key, (item as any)[key]]),
    ),
  );
  for (const index of repeated(keyed)) errors.push(duplicate(`${path}[${index}]`, keyed[index]));
}

/** Where a value occurs for the second time. A third is not worth another word. */
function repeated(list: readonly unknown[]): number[] {
  const times = new Map<string, number>();
  return list.flatMap((item, index) => {
    const text = goJson(item);
    const count = (times.get(text) ?? 0) + 1;
    times.set(text, count);
    return count === 2 ? [index] : [];
  });
}
