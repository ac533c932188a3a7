/**
 * One version of a custom resource: how its objects are decoded, defaulted, validated and read from storage
 * (apiextensions-apiserver `customresource_handler.go`, `registry/customresource`).
 */
import type { KubernetesObject } from '../../api/object.ts';
import { apiVersionOf, type KindHooks, type TypeRegistry } from '../../api/schema.ts';
import { decode, DecodingError, type Decoded, type DecodeOptions } from '../../api/strict-decoding.ts';
import { invalid, type FieldError } from '../../api/validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../api/validation/metadata.ts';
import { isDNS1123Subdomain } from '../../api/validation/names.ts';
import { Correlation } from './correlation.ts';
import { withDefaults } from './defaulting.ts';
import { validateEmbeddedObjects } from './embedded-objects.ts';
import { namesOf, valueAt } from './field-path.ts';
import { isObject } from '../../api/json-object.ts';
import type { DefinitionVersion, Json, JsonSchema } from './json-schema.ts';
import { validateListTypes } from './list-types.ts';
import { MetadataError, pruned, withMetadata, withoutNulls } from './pruning.ts';
import type { RuleSet } from './rule-set.ts';
import { validateValue } from './schema-validator.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const MAX_INT32 = 2 ** 31 - 1;

/** Problems that make rules pointless: they would fail on values that are not what they expect. */
const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

export class CustomKind implements KindHooks {
  readonly #types: TypeRegistry;
  readonly #group: string;
  readonly #kind: string;
  readonly #namespaced: boolean;
  readonly #version: DefinitionVersion;
  readonly #schema: JsonSchema;
  readonly #rules: RuleSet | undefined;

  constructor(types: TypeRegistry, spec: Json, version: DefinitionVersion, rules: RuleSet | undefined) {
    this.#types = types;
    this.#group = spec['group'];
    this.#kind = spec['names'].kind;
    this.#namespaced = spec['scope'] === 'Namespaced';
    this.#version = version;
    this.#schema = version.schema?.openAPIV3Schema ?? { 'x-kubernetes-preserve-unknown-fields': true };
    this.#rules = rules;
  }

  /** Throws `DecodingError`. */
  decode(body: unknown, { duplicates }: DecodeOptions): Decoded<KubernetesObject> {
    if (!isObject(body)) throw new DecodingError('json: cannot unmarshal into a custom resource');
    const strict = [...(duplicates ?? [])].map((path) => `duplicate field "${path}"`);
    const unknown: string[] = [];
    const { metadata, ...content } = body;
    const meta = decode(metadata ?? {}, OBJECT_META, this.#types);
    for (const problem of meta.strict) unknown.push(problem.replace(/^\w+ field "(.*)"$/s, 'metadata.$1'));
    const dropped: string[] = [];
    let object = withoutNulls(pruned(content, this.#schema, true, dropped), this.#schema);
    unknown.push(...dropped.sort());
    try {
      object = withMetadata(object, this.#schema, this.#types, unknown);
    } catch (error) {
      if (!(error instanceof MetadataError)) throw error;
      throw new DecodingError(error.message);
    }
    strict.push(...unknown.map((path) => `unknown field "${path}"`));
    // The order of fields is that of the object as it came.
    const ordered: Json = {};
    for (const name in body) {
      if (name === 'metadata') ordered['metadata'] = meta.object;
      else if (name in object) ordered[name] = object[name];
    }
    if (!('metadata' in ordered)) ordered['metadata'] = meta.object;
    return { object: ordered as KubernetesObject, strict };
  }

  withDefaults(object: KubernetesObject): KubernetesObject {
    const { metadata, ...content } = object;
    const defaulted = withDefaults(content, this.#schema);
    if (defaulted === content) return object;
    const out: Json = { ...object };
    for (const name in defaulted) out[name] = defaulted[name];
    return { ...out, metadata } as KubernetesObject;
  }

  validate(
    object: KubernetesObject,
    old: KubernetesObject | undefined,
    subresource: string | undefined,
    warn: (text: string) => void,
  ): FieldError[] {
    const errors: FieldError[] = [];
    if (old) validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', errors);
    else {
      // Finalizers of custom resources are warned of, not refused.
      const { finalizers: _, ...metadata } = object.metadata;
      validateObjectMeta(metadata, this.#namespaced, isDNS1123Subdomain, 'metadata', errors);
    }
    const correlation = old && new Correlation(object, old, this.#schema);
    if (subresource === 'status') this.#validateStatus(object, correlation, errors);
    else {
      errors.push(...validateValue(object, this.#schema, '', correlation));
      this.#validateScaleSpec(object, errors);
    }
    this.#validateScaleStatus(object, errors);
    validateEmbeddedObjects(object, this.#schema, '', errors);
    const lists: FieldError[] = [];
    if (old) validateListTypes(old, this.#schema, '', lists);
    if (lists.length === 0) validateListTypes(object, this.#schema, '', errors);
    if (!this.#rules) return errors;
    if (errors.some(({ reason }) => BLOCKING.has(reason)))
      errors.push(
        invalid(
          '<nil>',
          null,
          'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        ),
      );
    else {
      const found = this.#rules.validate(object, old, '', correlation);
      errors.push(...found.errors);
      for (const text of found.warnings) warn(text);
    }
    return errors;
  }

  #validateStatus(
    object: KubernetesObject,
    correlation: Correlation | undefined,
    errors: FieldError[],
  ): void {
    const schema = this.#schema.properties?.['status'];
    if (schema && 'status' in object)
      errors.push(...validateValue(object.status, schema, 'status', correlation?.field('status')));
  }

  #validateReplicas(object: KubernetesObject, path: string, errors: FieldError[]): void {
    const replicas = valueAt(object, namesOf(path)) ?? 0;
    if (typeof replicas !== 'number' || !Number.isInteger(replicas))
      errors.push(
        invalid(
          path,
          0,
          `${path} accessor error: ${JSON.stringify(replicas)} is of the type ${typeof replicas}, expected int64`,
        ),
      );
    else if (replicas < 0) errors.push(invalid(path, replicas, 'should be a non-negative integer'));
    else if (replicas > MAX_INT32)
      errors.push(invalid(path, replicas, `should be less than or equal to ${MAX_INT32}`));
  }

  #validateScaleSpec(object: KubernetesObject, errors: FieldError[]): void {
    const { scale } = this.#version.subresources ?? {};
    if (scale) this.#validateReplicas(object, scale.specReplicasPath, errors);
  }

  #validateScaleStatus(object: KubernetesObject, errors: FieldError[]): void {
    const { scale } = this.#version.subresources ?? {};
    if (scale) this.#validateReplicas(object, scale.statusReplicasPath, errors);
  }

  /** An object of another version, or as it was stored under another schema, in this version and schema. */
  converted(stored: KubernetesObject): KubernetesObject {
    const { metadata, ...content } = stored;
    const known = withoutNulls(pruned(content, this.#schema, true, []), this.#schema);
    const object = withDefaults(known, this.#schema);
    const apiVersion = apiVersionOf(this.#group, this.#version.name);
    if (object === content && stored.apiVersion === apiVersion) return stored;
    const out: Json = {};
    for (const name in stored) {
      if (name === 'metadata') out['metadata'] = metadata;
      else if (name in object) out[name] = object[name];
    }
    for (const name in object) out[name] ??= object[name];
    return { ...out, apiVersion, kind: this.#kind, metadata } as KubernetesObject;
  }
}
