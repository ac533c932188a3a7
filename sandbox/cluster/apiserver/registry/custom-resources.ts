/**
 * CustomResourceDefinitions become resources of this server (apiextensions-apiserver): their names, served
 * versions and schemas go into the cluster's type registry, and their objects go with them.
 *
 * Left out: conversion webhooks, printer columns, and what a schema says beyond types (required fields,
 * bounds, patterns, CEL rules).
 */
import type { Disposable } from '../../../core/disposable.ts';
import { keyOf, type KubernetesObject } from '../../api/object.ts';
import type { RawType, TypeRegistry } from '../../api/schema.ts';
import type { Store } from '../storage/store.ts';

export const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export class CustomResources implements Disposable {
  readonly #types: TypeRegistry;
  readonly #store: Store;
  readonly #onRemoved: (space: string) => void;
  readonly #subscription: Disposable;
  /** Revision at which the history of each custom resource begins, by key space. */
  readonly #since = new Map<string, number>();

  /** `onRemoved` is told the key space of a definition that is gone. */
  constructor(types: TypeRegistry, store: Store, onRemoved: (space: string) => void) {
    this.#types = types;
    this.#store = store;
    this.#onRemoved = onRemoved;
    for (const definition of store.list(DEFINITIONS)) this.#add(definition, store.revision);
    this.#subscription = store.onChanges((changes) => {
      for (const { resource, type, object, previous, revision } of changes) {
        if (resource !== DEFINITIONS || (type === 'MODIFIED' && previous!.spec === object.spec)) continue;
        if (previous) this.#remove(previous);
        if (type === 'DELETED') this.#forget(object);
        else this.#add(object, revision);
      }
    });
  }

  /** Watches from before this revision ask for a history that never was. */
  since(space: string): number {
    return this.#since.get(space) ?? 0;
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #add({ spec }: KubernetesObject, revision: number): void {
    const { group, names, scope, versions } = spec;
    const space = spaceOf(spec);
    if (!this.#since.has(space)) this.#since.set(space, revision);
    for (const { name: version, served, schema, subresources } of versions) {
      if (!served) continue;
      const reversed = group.split('.').reverse().join('.');
      const type = `${reversed}.${version}.${names.kind}`;
      this.#addType(type, schema?.openAPIV3Schema ?? {}, { group, version, kind: names.kind });
      const views = [];
      if (subresources?.status) views.push({ name: 'status', kind: names.kind, group, version });
      if (subresources?.scale)
        views.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1' });
      this.#types.addResource({
        group,
        version,
        resource: names.plural,
        kind: names.kind,
        singular: names.singular,
        namespaced: scope === 'Namespaced',
        verbs: VERBS,
        shortNames: names.shortNames ?? [],
        categories: names.categories ?? [],
        subresources: views.map((view) => ({ ...view, verbs: ['get', 'patch', 'update'] })),
      });
    }
  }

  #remove({ spec }: KubernetesObject): void {
    for (const { name: version } of spec.versions)
      this.#types.removeResource({ group: spec.group, version, resource: spec.names.plural });
  }

  /** The objects of a definition go with it. */
  #forget({ spec }: KubernetesObject): void {
    const space = spaceOf(spec);
    for (const object of this.#store.list(space)) this.#store.delete(space, keyOf(object), object);
    this.#since.delete(space);
    this.#onRemoved(space);
  }

  /** Structs get names of their own, after the path to them: types refer to each other by name. */
  #addType(name: string, schema: any, gvk?: RawType['gvk']): void {
    const fields: Record<string, any> = {};
    for (const [field, of] of Object.entries<any>(schema.properties ?? {}))
      fields[field] = this.#field(`${name}.${field}`, of);
    if (gvk || schema['x-kubernetes-embedded-resource']) {
      fields.apiVersion = { type: 'string' };
      fields.kind = { type: 'string' };
      fields.metadata = { ref: OBJECT_META };
    }
    this.#types.addType(name, {
      fields,
      ...(schema.required && { required: schema.required }),
      ...(gvk && { gvk }),
      ...(schema['x-kubernetes-map-type'] === 'atomic' && { mapType: 'atomic' }),
      ...(schema['x-kubernetes-preserve-unknown-fields'] && { preserveUnknown: true }),
    });
  }

  #field(name: string, schema: any): object {
    const preset = schema.default === undefined ? {} : { default: schema.default };
    if (schema['x-kubernetes-int-or-string'])
      return { ref: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', ...preset };
    if (schema.type === 'array')
      return {
        type: 'array',
        items: this.#field(name, schema.items ?? {}),
        listType: schema['x-kubernetes-list-type'] ?? 'atomic',
        ...(schema['x-kubernetes-list-map-keys'] && { listMapKeys: schema['x-kubernetes-list-map-keys'] }),
        ...preset,
      };
    if (schema.type !== 'object')
      return { type: schema.type, ...(schema.format && { format: schema.format }), ...preset };
    if (schema.properties || schema['x-kubernetes-embedded-resource']) {
      this.#addType(name, schema);
      return { ref: name, ...preset };
    }
    const values = schema.additionalProperties;
    if (typeof values === 'object')
      return { type: 'object', values: this.#field(`${name}.*`, values), ...preset };
    return { type: 'object', ...preset };
  }
}

const spaceOf = ({ group, names }: { group: string; names: { plural: string } }): string =>
  `${group}/${names.plural}`;
