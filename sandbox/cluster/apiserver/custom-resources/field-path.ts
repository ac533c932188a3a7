/**
 * The simple JSON paths of definitions: `.spec.replicas`, and with brackets for rules, `.spec['a.b']`
 * (apiextensions-apiserver `schema/cel`, ValidFieldPath).
 */
import { isObject } from '../../api/json-object.ts';
import type { Json, JsonSchema } from './json-schema.ts';

export class FieldPathError extends Error {}

/**
 * The path through the schema, as a field path, and the schema at its end. Throws `FieldPathError` where it
 * leads nowhere. `brackets`: whether `['name']` may stand for `.name`.
 */
export function resolveFieldPath(
  path: string,
  schema: JsonSchema,
  brackets = true,
): { field: string; schema: JsonSchema } {
  let field = '';
  let at: JsonSchema = schema;
  const step = (name: string) => {
    if (at.properties) {
      if (!Object.hasOwn(at.properties, name)) throw new FieldPathError('does not refer to a valid field');
      field = field === '' ? name : `${field}.${name}`;
      at = at.properties[name]!;
    } else if (isObject(at.additionalProperties)) {
      field = `${field}[${name}]`;
      at = at.additionalProperties;
    } else throw new FieldPathError('does not refer to a valid field');
  };
  const tokens = path.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]']+|'/gs) ?? [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const next = () => {
      if (++index >= tokens.length) throw new FieldPathError('unexpected end of JSON path');
      return tokens[index]!;
    };
    if (token === '.') step(next());
    else if (token === '[') {
      if (!brackets) throw new FieldPathError('array notation is not allowed');
      const name = next();
      if (name.length < 2 || !name.startsWith("'") || !name.endsWith("'"))
        throw new FieldPathError(`expected single quoted string but got ${name}`);
      step(name.slice(1, -1).replace(/\\(['\\])/g, '$1'));
      const end = next();
      if (end !== ']') throw new FieldPathError(`expected ] but got ${end}`);
    } else throw new FieldPathError(`expected [ or . but got: ${token}`);
  }
  return { field, schema: at };
}

/** The names along a path in dot notation: `.spec.replicas` → spec, replicas. */
export const namesOf = (path: string): string[] => path.replace(/^\./, '').split('.');

/** The value at the names; undefined where there is none. */
export function valueAt(object: Json, names: readonly string[]): unknown {
  let value: unknown = object;
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** A copy of the object with the value at the names. */
export function withValueAt(object: Json, names: readonly string[], value: unknown): Json {
  const [name, ...rest] = names;
  if (name === undefined) return object;
  const inner = isObject(object[name]) ? object[name] : {};
  return { ...object, [name]: rest.length === 0 ? value : withValueAt(inner, rest, value) };
}
