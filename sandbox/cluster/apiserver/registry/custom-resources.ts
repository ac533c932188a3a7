/**
 * CustomResourceDefinitions become resources of this server (apiextensions-apiserver): their names, served
 * versions and schemas go into the cluster's type registry, and their objects go with them. Its controllers
 * are here too: what they do takes no time.
 *
 * What definitions and their objects need beyond the registry is loaded with the first of them
 * (`custom-resources/apiextensions.ts`).
 *
 * Left out: conversion webhooks, which are refused.
 */
import { timestamp, type Clock } from '../../../core/clock.ts';
import type { Disposable } from '../../../core/disposable.ts';
import { isObject } from '../../api/json-object.ts';
import { keyOf, type KubernetesObject } from '../../api/object.ts';
import type { ApiRequest } from '../../api/request.ts';
import type { CustomResourceInfo, RawType, TypeRegistry } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import {
  acceptNames,
  cleansUp,
  CLEANUP_FINALIZER,
  conditionOf,
  deletionInProgress,
  isEstablished,
  isTerminating,
} from '../custom-resources/definition-status.ts';
import { itemsOf, type DefinitionVersion, type JsonSchema } from '../custom-resources/json-schema.ts';
import { compareVersionPriority } from '../custom-resources/version-priority.ts';
import type { Change, Store } from '../storage/store.ts';

type Apiextensions = typeof import('../custom-resources/apiextensions.ts');

export const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const DEFINITION = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const WRITES = new Set(['create', 'update', 'patch']);
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const RULES = 'x-kubernetes-validations';

/** Who writes what the controllers write. */
const CONTROLLER = {
  user: { username: 'system:apiserver', groups: ['system:masters'] },
  userAgent: 'kube-apiserver',
};

export interface CustomResourcesHooks {
  /** The key space of a definition that is gone. */
  removed(space: string): void;
  /** Answers a request at once. */
  request(request: ApiRequest): unknown;
}

export class CustomResources implements Disposable {
  readonly #types: TypeRegistry;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hooks: CustomResourcesHooks;
  readonly #subscription: Disposable;
  /** Revision at which the history of each custom resource begins, by key space. */
  readonly #since = new Map<string, number>();
  /** Definitions in the store, by name; what is served is what they were when they were added. */
  readonly #definitions = new Map<string, KubernetesObject>();
  #apiextensions: Apiextensions | undefined;
  #loading: Promise<void> | undefined;
  /** Groups of all definitions, served or not. */
  readonly #groups = new Set<string>();
  /** Some definition has rules. */
  #hasRules = false;
  /** Something was added before the code for it was loaded. */
  #incomplete = false;

  constructor(types: TypeRegistry, store: Store, clock: Clock, hooks: CustomResourcesHooks) {
    this.#types = types;
    this.#store = store;
    this.#clock = clock;
    this.#hooks = hooks;
    for (const definition of store.list(DEFINITIONS)) this.#add(definition, store.revision);
    this.#subscription = store.onChanges((changes) => {
      for (const change of changes) this.#onChange(change);
    });
  }

  /** What has to be loaded before the request can be answered; undefined where nothing has. */
  load({ group, resource, verb, body }: ApiRequest): Promise<void> | undefined {
    const definition = group === DEFINITION.group && resource === DEFINITION.resource;
    if (definition ? !WRITES.has(verb) : !this.#groups.has(group)) return undefined;
    const rules = this.#hasRules || (definition && JSON.stringify(body ?? '').includes(RULES));
    if (!this.#apiextensions) return (this.#loading ??= this.#load()).then(() => this.#loadRules(rules));
    return this.#loadRules(rules);
  }

  async #load(): Promise<void> {
    const module = await import('../custom-resources/apiextensions.ts');
    this.#apiextensions = module;
    this.#types.setHooks(DEFINITION.group, 'v1', 'CustomResourceDefinition', module.definitionHooks());
  }

  #loadRules(needed: boolean): Promise<void> | undefined {
    const loading = needed ? this.#apiextensions!.loadRules() : undefined;
    if (loading) return loading.then(() => this.#serveAgain());
    if (this.#incomplete) this.#serveAgain();
    return undefined;
  }

  /** Serves in full what was added before everything was loaded. */
  #serveAgain(): void {
    this.#incomplete = false;
    for (const definition of this.#definitions.values())
      if (isEstablished(definition)) this.#serve(definition);
  }

  /** Watches from before this revision ask for a history that never was. */
  since(space: string): number {
    return this.#since.get(space) ?? 0;
  }

  /** Throws Forbidden for objects of a definition that is on its way out. */
  checkCreate({ group, resource, body }: ApiRequest): void {
    const definition = this.#definitions.get(`${resource}.${group}`);
    if (!definition || !isTerminating(definition)) return;
    const name = (body as Partial<KubernetesObject> | undefined)?.metadata?.name ?? '';
    throw new StatusError(
      'Forbidden',
      `${resource}.${group} ${JSON.stringify(name)} is forbidden: create not allowed while custom resource definition is terminating`,
      { name, group, kind: resource },
    );
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #onChange({ resource, type, object, previous, revision }: Change): void {
    if (resource === DEFINITIONS) {
      if (type === 'DELETED') this.#remove(object);
      else {
        const same = previous?.spec === object.spec && this.#definitions.has(object.metadata.name!);
        if (same) this.#definitions.set(object.metadata.name!, object);
        else this.#add(object, revision);
        if (isTerminating(object)) this.#cleanUp(object.metadata.name!);
        else this.#acceptNames(object.metadata.name!, revision);
      }
    } else if (type === 'DELETED' && this.#since.has(resource))
      for (const definition of this.#definitions.values())
        if (spaceOf(definition.spec) === resource && isTerminating(definition))
          this.#cleanUp(definition.metadata.name!);
  }

  /** The naming controller, and the one that establishes. */
  #acceptNames(name: string, revision: number): void {
    const definition = this.#store.get(DEFINITIONS, name);
    if (!definition || isTerminating(definition)) return;
    const now = timestamp(this.#clock.now());
    const status = acceptNames(definition, this.#store.list(DEFINITIONS), now);
    if (!status) return;
    const next = { ...definition, status };
    if (isEstablished(next) && !isEstablished(definition)) this.#add(next, revision);
    this.#writeStatus(next);
  }

  #writeStatus(definition: KubernetesObject): void {
    const { name } = definition.metadata;
    this.#hooks.request({
      ...DEFINITION,
      ...CONTROLLER,
      verb: 'update',
      subresource: 'status',
      name,
      body: definition,
    });
  }

  /** The finalizing controller: objects go first, then the definition. */
  #cleanUp(name: string): void {
    const current = () => this.#store.get(DEFINITIONS, name);
    let definition = current();
    if (!definition || !isTerminating(definition) || !cleansUp(definition)) return;
    const { spec } = definition;
    if (conditionOf(definition, 'Terminating')?.['reason'] === 'InstanceDeletionPending') {
      const now = timestamp(this.#clock.now());
      this.#writeStatus({ ...definition, status: deletionInProgress(definition.status, now) });
      const served = spec.versions.find(({ served }: DefinitionVersion) => served)?.name;
      const { group, names } = spec;
      if (served && this.#types.resourceOf(group, served, names.plural))
        this.#hooks.request({
          ...CONTROLLER,
          group,
          version: served,
          resource: names.plural,
          verb: 'deletecollection',
        });
      definition = current();
    }
    if (!definition || this.#store.list(spaceOf(spec)).length > 0) return;
    const finalizers = definition.metadata.finalizers?.filter((each) => each !== CLEANUP_FINALIZER);
    this.#hooks.request({
      ...DEFINITION,
      ...CONTROLLER,
      verb: 'update',
      name,
      body: { ...definition, metadata: { ...definition.metadata, finalizers } },
    });
  }

  #add(definition: KubernetesObject, revision: number): void {
    const { spec, metadata } = definition;
    const before = this.#definitions.get(metadata.name!);
    if (before) this.#unserve(before);
    this.#definitions.set(metadata.name!, definition);
    this.#groups.add(spec.group);
    this.#hasRules ||= JSON.stringify(spec).includes(RULES);
    this.#incomplete ||= !this.#apiextensions;
    if (!isEstablished(definition)) return;
    const space = spaceOf(spec);
    if (!this.#since.has(space)) this.#since.set(space, revision);
    this.#serve(definition);
  }

  #serve({ spec }: KubernetesObject): void {
    const { group, names, scope } = spec;
    const storage: DefinitionVersion = spec.versions.find((version: DefinitionVersion) => version.storage);
    const versions = (spec.versions as DefinitionVersion[]).toSorted((a, b) =>
      compareVersionPriority(a.name, b.name),
    );
    this.#unserve({ spec } as KubernetesObject);
    for (const version of versions) {
      if (!version.served) continue;
      const reversed = group.split('.').reverse().join('.');
      const type = `${reversed}.${version.name}.${names.kind}`;
      const schema = version.schema?.openAPIV3Schema ?? {};
      this.#addType(type, schema, { group, version: version.name, kind: names.kind });
      const at = { group, version: version.name };
      const views = [];
      if (version.subresources?.status) views.push({ name: 'status', kind: names.kind, ...at });
      if (version.subresources?.scale)
        views.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1' });
      const custom = this.#customInfo(spec, version, storage);
      this.#types.addResource({
        ...at,
        ...(custom && { custom }),
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

  /** Undefined until the code for it is loaded. */
  #customInfo(
    spec: KubernetesObject['spec'],
    version: DefinitionVersion,
    storage: DefinitionVersion,
  ): CustomResourceInfo | undefined {
    if (!this.#apiextensions) return undefined;
    const { group, names } = spec;
    const { kind, table, selectable } = this.#apiextensions.customVersion(this.#types, spec, version);
    this.#types.setHooks(group, version.name, names.kind, kind);
    const stored = version.storage ? kind : this.#apiextensions.kindOf(this.#types, spec, storage);
    const served = new WeakMap<KubernetesObject, KubernetesObject>();
    return {
      listKind: names.listKind,
      storage: { space: spaceOf(spec), group, version: storage.name },
      read(object) {
        let known = served.get(object);
        if (!known) {
          const complete = stored.converted(object);
          known = stored === kind ? complete : kind.converted(complete);
          served.set(object, known);
        }
        return known;
      },
      write: (object) => stored.converted(object),
      deprecation: version.deprecated ? deprecationOf(spec, version) : undefined,
      table,
      selectable,
      scale: version.subresources?.scale,
      schema: version.schema?.openAPIV3Schema ?? {},
    };
  }

  #unserve({ spec }: KubernetesObject): void {
    for (const { name: version } of spec.versions) {
      this.#types.removeResource({ group: spec.group, version, resource: spec.names.plural });
      this.#types.setHooks(spec.group, version, spec.names.kind, undefined);
    }
  }

  /** The objects of a definition go with it, and its names are free. */
  #remove(definition: KubernetesObject): void {
    const { spec, metadata } = definition;
    if (this.#definitions.delete(metadata.name!) && isEstablished(definition)) this.#unserve(definition);
    const space = spaceOf(spec);
    for (const object of this.#store.list(space)) this.#store.delete(space, keyOf(object), object);
    this.#since.delete(space);
    this.#hooks.removed(space);
    for (const other of this.#store.list(DEFINITIONS))
      if (other.spec.group === spec.group) this.#acceptNames(other.metadata.name!, this.#store.revision);
  }

  /** Structs get names of their own, after the path to them: types refer to each other by name. */
  #addType(name: string, schema: JsonSchema, gvk?: RawType['gvk']): void {
    const fields: Record<string, any> = {};
    for (const [field, of] of Object.entries(schema.properties ?? {}))
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

  #field(name: string, schema: JsonSchema): object {
    const preset = schema.default === undefined ? {} : { default: schema.default };
    if (schema['x-kubernetes-int-or-string'])
      return { ref: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', ...preset };
    if (schema.type === 'array')
      return {
        type: 'array',
        items: this.#field(name, itemsOf(schema) ?? {}),
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
    if (isObject(values)) return { type: 'object', values: this.#field(`${name}.*`, values), ...preset };
    return { type: 'object', ...preset };
  }
}

/** What a version says about itself, or which one should be used instead. */
function deprecationOf(spec: KubernetesObject['spec'], version: DefinitionVersion): string {
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const { group, names } = spec;
  const better = (spec.versions as DefinitionVersion[])
    .filter(
      ({ name, served, deprecated }) =>
        served && !deprecated && compareVersionPriority(name, version.name) < 0,
    )
    .toSorted((a, b) => compareVersionPriority(a.name, b.name))[0];
  const instead = better ? `; use ${group}/${better.name} ${names.kind}` : '';
  return `${group}/${version.name} ${names.kind} is deprecated${instead}`;
}

const spaceOf = ({ group, names }: { group: string; names: { plural: string } }): string =>
  `${group}/${names.plural}`;
