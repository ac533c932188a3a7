/**
 * The garbage collector (`pkg/controller/garbagecollector`): deletes what nobody owns any more, an owner
 * after its dependents where that was asked for, and lets dependents go where that was. It follows every
 * resource that can be deleted, events apart.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { slice } from '../../../core/slice.ts';
import type { KubernetesObject, OwnerReference } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { apiVersionOf, type ResourceType } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';
import {
  FOREGROUND,
  NO_OWNERS,
  hasFinalizer,
  identityOf,
  isDeletingDependents,
  isOrphaningDependents,
  ORPHAN,
  OwnerGraph,
  type GraphNode,
} from './graph.ts';

export function startGarbageCollector(context: ControllerContext): Disposable {
  return new GarbageCollector(context);
}

class GarbageCollector implements Disposable {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #graph = new OwnerGraph();
  readonly #toDelete: WorkQueue;
  readonly #toOrphan: WorkQueue;
  readonly #followed = new Map<string, Disposable>();
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#client = context.client('generic-garbage-collector');
    this.#recorder = context.recorder('garbage-collector-controller', this.#client);
    const queue = (reconcile: (uid: string) => Promise<void>) =>
      this.#resources.add(
        new WorkQueue({
          clock: context.clock,
          reconcile,
          onError: (uid, error) => context.onError('garbage-collector', uid, error),
        }),
      );
    this.#toDelete = queue((uid) => this.#attemptToDelete(uid));
    this.#toOrphan = queue((uid) => this.#attemptToOrphan(uid));
    this.#follow();
    this.#resources.add(context.onResourcesChanged(() => this.#follow()));
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** Follows resources that are new, and no longer those that are gone. */
  #follow(): void {
    const present = new Set<string>();
    for (const type of this.#context.resources()) {
      if (type.resource === 'events') continue;
      const name = `${type.resource}.${type.group}`;
      present.add(name);
      if (this.#followed.has(name)) continue;
      const handler = this.#context.informers.informer(type).addHandler({
        add: (object) => this.#changed(object, type),
        update: (_before, object) => this.#changed(object, type),
        delete: (object) => this.#removed(object.metadata.uid!),
      });
      this.#followed.set(name, this.#resources.add(handler));
    }
    for (const [name, handler] of this.#followed) {
      if (present.has(name)) continue;
      this.#followed.delete(name);
      this.#resources.release(handler);
      handler.dispose();
    }
  }

  #changed(object: KubernetesObject, type: ResourceType): void {
    const { uid, ownerReferences, deletionTimestamp } = object.metadata;
    const known = this.#graph.get(uid!);
    // Most changes say nothing new about owners.
    const sameOwners = known && !known.virtual && known.owners === (ownerReferences ?? NO_OWNERS);
    if (sameOwners && deletionTimestamp === undefined) return;
    const identity = identityOf(object, apiVersionOf(type), type.kind);
    const { node, made } = this.#graph.put(object, identity, type);
    for (const owner of made) this.#toDelete.add(owner.identity.uid);
    // It may name an owner that was seen to go before.
    if (!known && node.owners.some((owner) => this.#isGone(owner))) this.#toDelete.add(uid!);
    if (isOrphaningDependents(object)) this.#toOrphan.add(uid!);
    if (!node.deletingDependents && isDeletingDependents(object)) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.#toDelete.add(dependent.identity.uid);
      this.#toDelete.add(uid!);
    }
  }

  #isGone({ uid }: OwnerReference): boolean {
    const owner = this.#graph.get(uid);
    return owner === undefined || owner.deletingDependents;
  }

  #removed(uid: string): void {
    const node = this.#graph.get(uid);
    if (!node) return;
    this.#graph.remove(node);
    for (const dependent of node.dependents) this.#toDelete.add(dependent.identity.uid);
    for (const owner of node.owners) {
      if (this.#graph.get(owner.uid)?.deletingDependents) this.#toDelete.add(owner.uid);
    }
  }

  async #attemptToDelete(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (!node || (node.beingDeleted && !node.deletingDependents)) return;
    const latest = await this.#get(node);
    if (latest?.metadata.uid !== uid) {
      // An informer will say so as well, unless the object was never there.
      if (node.virtual) this.#removed(uid);
      return;
    }
    if (node.deletingDependents) return this.#finishForeground(node);
    const references = latest.metadata.ownerReferences ?? [];
    if (references.length === 0) return;

    const solid: OwnerReference[] = [];
    const others: OwnerReference[] = [];
    let waiting = false;
    for (const reference of references) {
      const owner = await this.#ownerOf(node, reference);
      if (owner && !isDeletingDependents(owner)) solid.push(reference);
      else others.push(reference);
      waiting ||= owner !== undefined;
    }
    if (solid.length > 0) {
      if (others.length > 0) await this.#release(node, others);
      return;
    }
    if (waiting && node.dependents.size > 0) {
      // Owners that wait for one another would wait for ever.
      if ([...node.dependents].some((dependent) => dependent.deletingDependents)) await this.#unblock(node);
      return this.#delete(node, latest, 'Foreground');
    }
    const policy = hasFinalizer(latest, ORPHAN)
      ? 'Orphan'
      : hasFinalizer(latest, FOREGROUND)
        ? 'Foreground'
        : 'Background';
    await this.#delete(node, latest, policy);
  }

  /** An object deleted in the foreground goes when nothing blocks it any more. */
  async #finishForeground(node: GraphNode): Promise<void> {
    const blocking = node.blockingDependents();
    if (blocking.length === 0) return this.#removeFinalizer(node, FOREGROUND);
    for (const dependent of blocking) {
      if (!dependent.deletingDependents) this.#toDelete.add(dependent.identity.uid);
    }
  }

  async #attemptToOrphan(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (!node) return;
    const dependents = [...node.dependents];
    for (const dependent of dependents) {
      const pause = slice();
      if (pause) await pause;
      await this.#release(dependent, [node.identity]);
    }
    await this.#removeFinalizer(node, ORPHAN);
  }

  async #get(node: GraphNode): Promise<KubernetesObject | undefined> {
    const type = node.type ?? this.#typeOf(node.identity);
    if (!type) return undefined;
    const { name, namespace } = node.identity;
    return this.#ask(type, name, namespace);
  }

  /** The live owner, or undefined if there is none of that name and uid. */
  async #ownerOf(node: GraphNode, reference: OwnerReference): Promise<KubernetesObject | undefined> {
    const known = this.#graph.get(reference.uid);
    const type = known?.type ?? this.#typeOf(reference);
    // A kind that nobody knows may be known later: nothing is deleted on a guess.
    if (!type)
      throw new Error(`no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`);
    const { namespace, kind, name } = node.identity;
    if (type.namespaced && namespace === undefined) {
      const message = `ownerRef [${reference.apiVersion}/${reference.kind}, name: ${reference.name}, uid: ${reference.uid}] does not exist in namespace ""`;
      const object = { kind, name, uid: node.identity.uid, apiVersion: node.identity.apiVersion };
      this.#recorder.event(object, 'Warning', 'OwnerRefInvalidNamespace', message);
      return undefined;
    }
    const owner = await this.#ask(type, reference.name, namespace);
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  }

  async #ask(
    type: ResourceType,
    name: string,
    namespace: string | undefined,
  ): Promise<KubernetesObject | undefined> {
    try {
      return await this.#client.get(type, type.namespaced ? { name, namespace } : { name });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #typeOf({ apiVersion, kind }: { apiVersion: string; kind: string }): ResourceType | undefined {
    return this.#context.resources().find((type) => type.kind === kind && apiVersionOf(type) === apiVersion);
  }

  async #delete(
    { type, identity }: GraphNode,
    latest: KubernetesObject,
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void> {
    const { uid } = identity;
    // Somebody may give the object an owner meanwhile: the revision that was judged is the one to delete.
    const preconditions = { uid, resourceVersion: latest.metadata.resourceVersion };
    await this.#tolerate(this.#client.delete(type!, latest.metadata, { propagationPolicy, preconditions }));
  }

  async #release(node: GraphNode, owners: readonly { uid: string }[]): Promise<void> {
    await this.#changeOwners(node, (references) =>
      references.filter((reference) => !owners.some(({ uid }) => uid === reference.uid)),
    );
  }

  async #unblock(node: GraphNode): Promise<void> {
    await this.#changeOwners(node, (references) =>
      references.map((reference) =>
        reference.blockOwnerDeletion ? { ...reference, blockOwnerDeletion: false } : reference,
      ),
    );
  }

  /** By a merge patch of the whole list at the revision it was read from, which every kind takes. */
  async #changeOwners(
    node: GraphNode,
    change: (references: readonly OwnerReference[]) => OwnerReference[],
  ): Promise<void> {
    const { uid } = node.identity;
    const object = await this.#get(node);
    if (!object || object.metadata.uid !== uid) return;
    const { resourceVersion, ownerReferences = [] } = object.metadata;
    const left = change(ownerReferences);
    await this.#tolerate(
      this.#client.patch(node.type!, object.metadata, 'application/merge-patch+json', {
        metadata: { ownerReferences: left.length > 0 ? left : null, uid, resourceVersion },
      }),
    );
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const object = await this.#get(node);
    if (!object || object.metadata.uid !== node.identity.uid || !hasFinalizer(object, finalizer)) return;
    const { finalizers, resourceVersion } = object.metadata;
    await this.#tolerate(
      this.#client.patch(node.type!, object.metadata, 'application/merge-patch+json', {
        metadata: { resourceVersion, finalizers: finalizers!.filter((each) => each !== finalizer) },
      }),
    );
  }

  /** What is gone already needs nothing more. */
  async #tolerate(write: Promise<unknown>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}
