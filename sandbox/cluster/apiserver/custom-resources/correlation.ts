/**
 * A value beside the one that it replaces, so far as the two can be told to be the same thing
 * (`k8s.io/apiserver/pkg/cel/common`, CorrelatedObject): fields by name, items of list maps by key, items of
 * other lists not at all.
 */
import { deepEqual } from '../../api/json-patch.ts';
import { isObject } from '../../api/json-object.ts';
import { fieldOf, itemsOf, type JsonSchema } from './json-schema.ts';

export class Correlation {
  readonly value: unknown;
  readonly old: unknown;
  readonly #schema: JsonSchema;
  #unchanged: boolean | undefined;
  #byKey: Map<string, unknown> | undefined;

  constructor(value: unknown, old: unknown, schema: JsonSchema) {
    this.value = value;
    this.old = old;
    this.#schema = schema;
  }

  get unchanged(): boolean {
    return (this.#unchanged ??= deepEqual(this.value, this.old));
  }

  field(name: string): Correlation | undefined {
    const schema = fieldOf(this.#schema, name);
    if (!schema || !isObject(this.value) || !isObject(this.old)) return undefined;
    if (!Object.hasOwn(this.old, name) || !Object.hasOwn(this.value, name)) return undefined;
    return new Correlation(this.value[name], this.old[name], schema);
  }

  item(index: number): Correlation | undefined {
    const items = itemsOf(this.#schema);
    if (!items || !Array.isArray(this.value) || !Array.isArray(this.old)) return undefined;
    if (this.#schema['x-kubernetes-list-type'] !== 'map') return undefined;
    const keys = this.#schema['x-kubernetes-list-map-keys'] ?? [];
    this.#byKey ??= new Map(this.old.map((item) => [mapKey(item, keys), item]));
    const key = mapKey(this.value[index], keys);
    return this.#byKey.has(key) ? new Correlation(this.value[index], this.#byKey.get(key), items) : undefined;
  }
}

/** The key of an item of a list map. */
export const mapKey = (item: unknown, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (isObject(item) ? item[key] : undefined)));
