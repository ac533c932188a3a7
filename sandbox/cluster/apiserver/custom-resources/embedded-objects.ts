/** Objects inside a custom resource have what makes an object (apiextensions-apiserver `schema/objectmeta`). */
import { invalid, required, type FieldError } from '../../api/validation/field-errors.ts';
import { validateObjectMeta } from '../../api/validation/metadata.ts';
import { isDNS1035Label, isPathSegmentName } from '../../api/validation/names.ts';
import { isObject } from '../../api/json-object.ts';
import { child, fieldOf, itemsOf, type Json, type JsonSchema } from './json-schema.ts';

/** `root`: the value itself is such an object, whatever its schema says. */
export function validateEmbeddedObjects(
  value: unknown,
  schema: JsonSchema | undefined,
  path: string,
  errors: FieldError[],
  root = false,
): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    value.forEach((item, index) => validateEmbeddedObjects(item, items, `${path}[${index}]`, errors));
  } else if (isObject(value)) {
    if (root || schema['x-kubernetes-embedded-resource']) validateObject(value, path, errors);
    for (const name in value) {
      const own = schema.properties && Object.hasOwn(schema.properties, name);
      const at = own ? child(path, name) : `${path}[${name}]`;
      validateEmbeddedObjects(value[name], fieldOf(schema, name), at, errors);
    }
  }
}

function validateObject(object: Json, path: string, errors: FieldError[]): void {
  const { apiVersion, kind, metadata } = object;
  const at = (name: string) => child(path, name);
  if (!('apiVersion' in object)) errors.push(required(at('apiVersion')));
  else if (typeof apiVersion !== 'string')
    errors.push(invalid(at('apiVersion'), apiVersion, 'must be a string'));
  else if (apiVersion === '') errors.push(invalid(at('apiVersion'), apiVersion, 'must not be empty'));
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (!('kind' in object)) errors.push(required(at('kind')));
  else if (typeof kind !== 'string') errors.push(invalid(at('kind'), kind, 'must be a string'));
  else if (kind === '') errors.push(invalid(at('kind'), kind, 'must not be empty'));
  else {
    const problems = isDNS1035Label(kind.toLowerCase());
    if (problems.length > 0)
      errors.push(
        invalid(at('kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`),
      );
  }
  if (!isObject(metadata)) return;
  // Names are optional here; without one the validation of metadata would ask for it.
  const named = { name: 'fakename', ...metadata };
  validateObjectMeta(named, metadata.namespace !== undefined, isPathSegmentName, at('metadata'), errors);
}
