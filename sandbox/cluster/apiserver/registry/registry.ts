/**
 * Create, read, update, delete of any resource: the generic registry of k8s.io/apiserver
 * (`registry/generic/registry/store.go` with `registry/rest`), driven by the schema facts, with a kind's
 * `Strategy` for what is special about it.
 */
import { timestamp } from '../../../core/clock.ts';
import {
  keyOf,
  type KubernetesObject,
  type ManagedFieldsEntry,
  type ObjectList,
  type ObjectMeta,
} from '../../api/object.ts';
import { type ResourceInfo, type TypeInfo } from '../../api/schema.ts';
import { alreadyExists, conflict, notFound, StatusError, type Status } from '../../api/status.ts';
import { decodeObject } from '../../api/strict-decoding.ts';
import { share } from '../storage/share.ts';
import { checkKind } from './body-kind.ts';
import { fromStorage, storageOf, toStorage, type Storage } from './conversion.ts';
import { deletionFinalizers } from './deletion.ts';
import { listObjects } from './list.ts';
import { checkApply, patched, touchesManagedFields } from './patch.ts';
import { isRevision, revisionProblem, tooLarge } from './revision.ts';
import type { RequestContext, Strategy } from './strategy.ts';

/** Names of generated objects: the base is cut so that base and suffix fit a DNS label. */
const MAX_GENERATED_BASE = 58;
const SUFFIX_LENGTH = 5;
/** Attempts to find a free generated name before the client is told that it is taken. */
const GENERATE_ATTEMPTS = 8;

/** What the registry asks of the rest of the server. */
export interface RegistryHooks {
  /** Subtrees that are those of `trusted` have their defaults. */
  applyDefaults(
    object: KubernetesObject,
    context: RequestContext,
    trusted?: KubernetesObject,
  ): KubernetesObject;
  /** Mutating admission: may replace parts of the draft. Throws to refuse. */
  mutate(
    operation: 'CREATE' | 'UPDATE',
    draft: KubernetesObject,
    old: KubernetesObject | undefined,
    context: RequestContext,
  ): void;
  /** Validation of the kind. Throws Invalid with every problem. */
  validate(object: KubernetesObject, old: KubernetesObject | undefined, context: RequestContext): void;
  /** Validating admission. Throws to refuse. */
  admit(
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    object: KubernetesObject | undefined,
    old: KubernetesObject | undefined,
    context: RequestContext,
  ): void;
  /** Server-side apply of the request's body to the object, in the version of the request. */
  apply(old: KubernetesObject | undefined, context: RequestContext): KubernetesObject;
  /** The stored object with its managed fields. */
  withManagedFields(object: KubernetesObject): KubernetesObject;
  /** A write is about to be stored: who wrote what. */
  recordWrite(
    object: KubernetesObject,
    old: KubernetesObject | undefined,
    context: RequestContext,
    intent: Intent,
  ): void;
}

/** What the client meant to write, as opposed to what the server added. */
export interface Intent {
  object: KubernetesObject;
  /** The managed fields in what it sent. */
  managedFields?: readonly ManagedFieldsEntry[];
}

/** Turns what is stored into what shall be stored, on a draft of its own. */
export type Transform = (old: KubernetesObject) => KubernetesObject;

export class Registry {
  readonly #strategyOf: (resource: ResourceInfo) => Strategy;
  readonly #hooks: RegistryHooks;

  constructor(strategyOf: (resource: ResourceInfo) => Strategy, hooks: RegistryHooks) {
    this.#strategyOf = strategyOf;
    this.#hooks = hooks;
  }

  get(context: RequestContext): KubernetesObject {
    const { resource, options, store } = context;
    const { resourceVersion } = options;
    if (resourceVersion && !isRevision(resourceVersion))
      throw new StatusError(undefined, revisionProblem(resourceVersion));
    if (resourceVersion && Number(resourceVersion) > store.revision)
      throw tooLarge(resourceVersion, store.revision);
    return fromStorage(this.#existing(context, storageOf(resource)), resource);
  }

  list(context: RequestContext): ObjectList {
    return listObjects(context);
  }

  create(context: RequestContext): KubernetesObject {
    const { request, resource } = context;
    checkKind(request.body, resource, context.types);
    const object = decodeObject(request.body, resource, context.types, {
      fieldValidation: request.options?.fieldValidation,
      onWarning: request.onWarning,
      duplicates: request.duplicates,
    });
    return this.createObject(object, context);
  }

  /** Creates an object that was decoded already. */
  createObject(decoded: KubernetesObject, context: RequestContext): KubernetesObject {
    const { resource, store, options } = context;
    const storage = storageOf(resource);
    const strategy = this.#strategyOf(resource);
    const object = { ...toStorage(this.#hooks.applyDefaults(decoded, context), resource) };
    object.metadata = this.#newMetadata(decoded.metadata, context, strategy);
    const withStatus = hasStatus(resource);
    // Nobody owns a status through the object itself.
    const intent = intended(withStatus ? withoutStatus(object) : object);
    if (withStatus && !strategy.keepsStatusOnCreate) object.status = emptyStatus(context);
    if (object.status === undefined && 'status' in object) delete object.status;
    this.#hooks.mutate('CREATE', object, undefined, context);
    if (!object.metadata.name && object.metadata.generateName)
      object.metadata = { name: generatedName(object, storage, context), ...object.metadata };
    strategy.prepareForCreate?.(object, context);
    this.#hooks.validate(object, undefined, context);
    this.#warn(strategy, object, undefined, context);
    this.#hooks.admit('CREATE', object, undefined, context);
    const key = keyOf(object);
    if (store.get(storage.space, key)) throw alreadyExists(resource, object.metadata.name!);
    if (options.dryRun) {
      delete object.metadata.resourceVersion;
      return fromStorage(object, resource);
    }
    this.#hooks.recordWrite(object, undefined, context, { object: intent });
    store.put(storage.space, key, object, undefined);
    return fromStorage(object, resource);
  }

  update(context: RequestContext): KubernetesObject {
    const { request, resource, store, options } = context;
    const storage = storageOf(resource);
    const old = store.get(storage.space, requestKey(context));
    checkKind(request.body, resource, context.types);
    const body = decodeObject(request.body, resource, context.types, {
      fieldValidation: options.fieldValidation,
      onWarning: request.onWarning,
      duplicates: request.duplicates,
      trusted: old && fromStorage(old, resource),
    });
    checkIdentity(body, context);
    if (!old) {
      if (!this.#strategyOf(resource).createOnUpdate || body.metadata.resourceVersion)
        throw notFound(resource, request.name!);
      const created = this.createObject(body, context);
      request.onCreated?.();
      return created;
    }
    return this.updateObject(context, () => body);
  }

  patch(context: RequestContext): KubernetesObject {
    const { request } = context;
    if (request.patchType !== 'application/apply-patch+yaml')
      return this.updateObject(context, (old) => {
        const base = touchesManagedFields(context) ? this.#hooks.withManagedFields(old) : old;
        const result = patched(base, context);
        checkIdentity(result, context);
        return result;
      });
    checkApply(context);
    if (!request.subresource && !this.find(context)) {
      const created = this.createObject(this.#hooks.apply(undefined, context), context);
      request.onCreated?.();
      return created;
    }
    return this.updateObject(context, (old) => this.#hooks.apply(old, context));
  }

  /** The object that the request names, as it is stored. */
  find(context: RequestContext): KubernetesObject | undefined {
    return context.store.get(storageOf(context.resource).space, requestKey(context));
  }

  /**
   * Stores what `transform` makes of the object in the version of the request. A `resourceVersion` in the
   * result must be the stored one. Subresource `status` keeps everything but the status.
   */
  updateObject(context: RequestContext, transform: Transform): KubernetesObject {
    const { resource, store, options, request } = context;
    const storage = storageOf(resource);
    const strategy = this.#strategyOf(resource);
    const old = this.#existing(context, storage);
    const result = transform(fromStorage(old, resource));
    this.#checkPreconditions(old, result.metadata ?? {}, context, strategy);
    const defaulted = this.#hooks.applyDefaults(result, context, fromStorage(old, resource));
    let object: KubernetesObject = { ...toStorage(defaulted, resource) };
    let intent = object;
    object.metadata = updatedMetadata(result.metadata ?? {}, old.metadata, context);
    if (request.subresource === 'status') {
      const { status } = object;
      const metadata = strategy.statusWritesMetadata ? object.metadata : { ...old.metadata };
      object = { ...old, metadata, status };
      if (status === undefined) delete object.status;
      intent = intended(object);
      strategy.prepareForStatus?.(object, old, context);
    } else {
      if (hasStatus(resource) && !WRITES_STATUS.has(request.subresource ?? '')) {
        if ('status' in old) object.status = old.status;
        else delete object.status;
      }
      // A binding is the scheduler's decision about the pod, not somebody's claim to its fields.
      intent = request.subresource === 'binding' ? old : intended(object);
      this.#hooks.mutate('UPDATE', object, old, context);
      strategy.prepareForUpdate?.(object, old, context);
    }
    const shared = share(old, object);
    if (shared === old && !context.ownership && !touchesManagedFields(context))
      return fromStorage(old, resource);
    const next: KubernetesObject = shared === object ? object : { ...shared };
    if (next.metadata === old.metadata) next.metadata = { ...old.metadata };
    // Which node a pod is bound to is not something that anybody asked of it.
    const changed = strategy.generationOfAll
      ? contentChanged(next, old, request.subresource)
      : next.spec !== old.spec;
    if (strategy.generation && changed && request.subresource !== 'binding')
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    this.#hooks.validate(next, old, context);
    this.#warn(strategy, next, old, context);
    this.#hooks.admit('UPDATE', next, old, context);
    if (options.dryRun) return fromStorage(next, resource);
    this.#hooks.recordWrite(next, old, context, {
      object: intent,
      managedFields: result.metadata?.managedFields,
    });
    const key = keyOf(old);
    store.put(storage.space, key, next, old);
    // The last finalizer of an object that waits for its deletion is gone.
    if (isDone(next, strategy)) return fromStorage(store.delete(storage.space, key, next), resource);
    return fromStorage(next, resource);
  }

  delete(context: RequestContext): KubernetesObject {
    return this.#delete(this.#existing(context, storageOf(context.resource)), context);
  }

  deleteCollection(context: RequestContext): ObjectList {
    const list = this.list(context);
    const storage = storageOf(context.resource);
    for (const item of list.items) {
      const current = context.store.get(storage.space, keyOf(item));
      if (current) this.#delete(current, context);
    }
    return list;
  }

  #delete(old: KubernetesObject, context: RequestContext): KubernetesObject {
    const { resource, store, options } = context;
    const storage = storageOf(resource);
    const strategy = this.#strategyOf(resource);
    const { metadata } = old;
    const { preconditions } = options;
    const of = { group: resource.group, resource: resource.kind };
    if (preconditions?.uid && preconditions.uid !== metadata.uid)
      throw conflict(
        of,
        metadata.name!,
        `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      );
    if (preconditions?.resourceVersion && preconditions.resourceVersion !== metadata.resourceVersion)
      throw conflict(
        of,
        metadata.name!,
        `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      );
    this.#hooks.admit('DELETE', undefined, old, context);

    const grace = strategy.gracePeriodSeconds?.(old, options.gracePeriodSeconds);
    const finalizers = deletionFinalizers(old, options.propagationPolicy, strategy.defaultPropagation);
    const draft: KubernetesObject = { ...old, metadata: { ...metadata } };
    if (finalizers !== metadata.finalizers) {
      if (finalizers && finalizers.length > 0) draft.metadata.finalizers = finalizers;
      else delete draft.metadata.finalizers;
    }
    markDeleted(draft, old, grace ?? 0, context, options.gracePeriodSeconds);
    strategy.prepareForDelete?.(draft, context);
    if (isDone(draft, strategy)) {
      // Where deletion takes time, its end is asked for too: watchers see that, and then that it is gone.
      const marked = grace !== undefined && !options.dryRun ? share(old, draft) : old;
      if (marked !== old) store.put(storage.space, keyOf(old), marked, old);
      const gone = options.dryRun ? old : store.delete(storage.space, keyOf(old), marked);
      if (!strategy.returnDeleted) return deletedStatus(old, resource);
      // Where deletion takes time, what is answered says that it was asked for.
      return fromStorage(
        grace === undefined
          ? gone
          : { ...gone, metadata: { ...draft.metadata, resourceVersion: gone.metadata.resourceVersion } },
        resource,
      );
    }
    const shared = share(old, draft);
    if (shared === old || options.dryRun) return fromStorage(shared, resource);
    this.#hooks.recordWrite(shared, old, context, { object: shared });
    store.put(storage.space, keyOf(old), shared, old);
    return fromStorage(shared, resource);
  }

  #existing(context: RequestContext, storage: Storage): KubernetesObject {
    const { request, resource, store } = context;
    const object = store.get(storage.space, requestKey(context));
    if (!object) throw notFound(resource, request.name!);
    return object;
  }

  #newMetadata(given: ObjectMeta | undefined, context: RequestContext, strategy: Strategy): ObjectMeta {
    const { request, resource, random, clock } = context;
    const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = given ?? {};
    if (given?.resourceVersion)
      throw new StatusError(undefined, 'resourceVersion should not be set on objects to be created');
    if (namespace && namespace !== request.namespace) throw namespaceMismatch();
    const metadata: ObjectMeta = {};
    if (name) metadata.name = name;
    else if (!generateName && request.name) metadata.name = request.name;
    if (generateName) metadata.generateName = generateName;
    if (resource.namespaced) metadata.namespace = request.namespace;
    metadata.uid = context.notes.uid(random);
    // Its place in the order of fields; the store sets it.
    metadata.resourceVersion = '';
    if (strategy.generation) metadata.generation = 1;
    metadata.creationTimestamp = timestamp(clock.now());
    if (labels) metadata.labels = labels;
    if (annotations) metadata.annotations = annotations;
    if (ownerReferences) metadata.ownerReferences = ownerReferences;
    if (finalizers) metadata.finalizers = finalizers;
    return metadata;
  }

  #checkPreconditions(
    old: KubernetesObject,
    given: ObjectMeta,
    { resource, request }: RequestContext,
    strategy: Strategy,
  ): void {
    const { name, resourceVersion, uid } = old.metadata;
    if (given.uid && given.uid !== uid)
      throw conflict(
        resource,
        name!,
        `StorageError: invalid object, Code: 4, Key: /registry/${resource.resource}/${keyOf(old)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${uid}`,
      );
    if (!given.resourceVersion) {
      // A patch is based on what is there.
      if (!strategy.conditionalUpdate || request.verb === 'patch') return;
      throw new StatusError(
        'Invalid',
        `${resource.resource}${resource.group && `.${resource.group}`} "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
        {
          name: name!,
          ...(resource.group && { group: resource.group }),
          kind: resource.resource,
          causes: [
            {
              reason: 'FieldValueInvalid',
              message: 'Invalid value: 0: must be specified for an update',
              field: 'metadata.resourceVersion',
            },
          ],
        },
      );
    }
    if (given.resourceVersion !== resourceVersion)
      throw conflict(
        resource,
        name!,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
  }

  #warn(
    strategy: Strategy,
    object: KubernetesObject,
    old: KubernetesObject | undefined,
    context: RequestContext,
  ): void {
    if (!context.request.onWarning) return;
    for (const warning of strategy.warnings?.(object, old) ?? []) context.warn(warning);
  }
}

/** A name that is free now. Of names that are taken the last one is, for the client to hear of. */
function generatedName(
  { metadata }: KubernetesObject,
  { space }: Storage,
  { random, store }: RequestContext,
): string {
  const base = metadata.generateName!.slice(0, MAX_GENERATED_BASE);
  const prefix = metadata.namespace ? `${metadata.namespace}/` : '';
  let name = base + random.suffix(SUFFIX_LENGTH);
  for (let attempt = 1; attempt < GENERATE_ATTEMPTS && store.get(space, prefix + name); attempt++)
    name = base + random.suffix(SUFFIX_LENGTH);
  return name;
}

/** What a client sends for an object must name it as the URL does. */
function checkIdentity({ metadata }: KubernetesObject, { request }: RequestContext): void {
  const problem = (message: string) => new StatusError('BadRequest', message);
  const { name, namespace } = metadata ?? {};
  if (!name)
    throw problem(
      `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`,
    );
  if (name !== request.name)
    throw problem(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  if (namespace && namespace !== request.namespace) throw namespaceMismatch();
}

export function namespaceMismatch(): StatusError {
  return new StatusError(
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}

function requestKey({ request: { namespace, name }, resource }: RequestContext): string {
  return resource.namespaced ? `${namespace}/${name}` : name!;
}

/** Whether anything changed but metadata, and the status where that is written. */
function contentChanged(
  next: KubernetesObject,
  old: KubernetesObject,
  subresource: string | undefined,
): boolean {
  const names = new Set([...Object.keys(next), ...Object.keys(old)]);
  names.delete('metadata');
  if (subresource === 'status') names.delete('status');
  return [...names].some((name) => next[name] !== old[name]);
}

/** Subresources by which the server, or who approves, writes a part of the status. */
const WRITES_STATUS = new Set(['binding', 'approval']);

/** Every write asks. */
const statuses = new WeakMap<ResourceInfo, boolean>();

function hasStatus(resource: ResourceInfo): boolean {
  let has = statuses.get(resource);
  if (has === undefined) {
    has = resource.subresources.some(({ name }) => name === 'status');
    statuses.set(resource, has);
  }
  return has;
}

/** What was meant, kept apart from what is done to the draft from here on. */
const intended = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata },
});

function withoutStatus(object: KubernetesObject): KubernetesObject {
  if (!('status' in object)) return object;
  const { status: _status, ...rest } = object;
  return rest as KubernetesObject;
}

const emptyStatuses = new WeakMap<TypeInfo, { status: unknown }>();

/** The status of a new object of the kind: its zero values that are always written. */
function emptyStatus({ types, resource, request }: RequestContext): unknown {
  const type = types.typeForKind(resource.group, resource.version, resource.kind);
  if (!type) return undefined;
  let empty = emptyStatuses.get(type);
  if (!empty) {
    const { group, version, kind } = resource;
    empty = {
      status: decodeObject({ metadata: { name: request.name } }, { group, version, kind }, types).status,
    };
    emptyStatuses.set(type, empty);
  }
  return empty.status;
}

/** `rest.BeforeUpdate`: system fields are the stored ones, whatever the client sent. */
function updatedMetadata(given: ObjectMeta, old: ObjectMeta, { resource }: RequestContext): ObjectMeta {
  const { managedFields: _, selfLink: __, ...metadata } = given as ObjectMeta & { selfLink?: string };
  if (!metadata.uid) metadata.uid = old.uid!;
  if (!metadata.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp!;
  if (resource.namespaced && !metadata.namespace) metadata.namespace = old.namespace!;
  metadata.resourceVersion = old.resourceVersion!;
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
  if (old.deletionTimestamp) {
    metadata.deletionTimestamp = old.deletionTimestamp;
    if (old.deletionGracePeriodSeconds === undefined) delete metadata.deletionGracePeriodSeconds;
    else metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  } else {
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
  }
  return metadata;
}

/** Sets deletion time and grace as `rest.BeforeDelete` does: a later request may only shorten the grace. */
function markDeleted(
  draft: KubernetesObject,
  old: KubernetesObject,
  graceSeconds: number,
  { clock }: RequestContext,
  asked: number | undefined,
): void {
  const { metadata } = draft;
  const now = clock.now();
  if (old.metadata.deletionTimestamp) {
    const current = old.metadata.deletionGracePeriodSeconds ?? 0;
    if (asked === undefined || graceSeconds >= current) return;
    const requestedAt = Date.parse(old.metadata.deletionTimestamp) - current * 1000;
    metadata.deletionTimestamp = timestamp(requestedAt + graceSeconds * 1000);
    metadata.deletionGracePeriodSeconds = graceSeconds;
    return;
  }
  metadata.deletionTimestamp = timestamp(now + graceSeconds * 1000);
  metadata.deletionGracePeriodSeconds = graceSeconds;
  if (metadata.generation) metadata.generation++;
}

/** Nothing keeps an object that was asked to go. */
function isDone({ metadata, ...rest }: KubernetesObject, strategy: Strategy): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    !metadata.deletionGracePeriodSeconds &&
    !metadata.finalizers?.length &&
    !strategy.keeps?.({ metadata, ...rest })
  );
}

function deletedStatus(old: KubernetesObject, { group, resource }: ResourceInfo): KubernetesObject {
  const { name, uid } = old.metadata;
  const status: Omit<Status, 'code' | 'status'> & { status: string } = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: name!, ...(group && { group }), kind: resource, uid: uid! },
  };
  return status as unknown as KubernetesObject;
}
