/**
 * Who owns whom, as the objects' `ownerReferences` say (`graph.go` of the garbage collector). An owner
 * that some object names and nobody has seen is there as a virtual node until the API was asked for it.
 */
import type { KubernetesObject, OwnerReference } from '../../api/object.ts';
import type { ResourceType } from '../../client/resources.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export const NO_OWNERS: readonly OwnerReference[] = [];

/** What is needed to find an object again. */
export interface Identity {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
  uid: string;
}

export class GraphNode {
  identity: Identity;
  /** The resource, once the object was seen or its kind resolved. */
  type: ResourceType | undefined;
  /** Named by another object, not seen itself. */
  virtual: boolean;
  owners: readonly OwnerReference[] = NO_OWNERS;
  readonly dependents = new Set<GraphNode>();
  beingDeleted = false;
  /** Deleted in the foreground: goes after its dependents. */
  deletingDependents = false;

  constructor(identity: Identity, type: ResourceType | undefined) {
    this.identity = identity;
    this.type = type;
    this.virtual = type === undefined;
  }

  /** Dependents that the object has to wait for. */
  blockingDependents(): GraphNode[] {
    return [...this.dependents].filter((dependent) =>
      dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === this.identity.uid && blockOwnerDeletion),
    );
  }
}

export function identityOf(object: KubernetesObject, apiVersion: string, kind: string): Identity {
  const { namespace, name, uid } = object.metadata;
  return { apiVersion, kind, namespace, name: name!, uid: uid! };
}

export const hasFinalizer = ({ metadata }: KubernetesObject, finalizer: string) =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** Deleted, and waits for its dependents to go. */
export const isDeletingDependents = (object: KubernetesObject) =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, FOREGROUND);

/** Deleted, and waits for its dependents to be let go. */
export const isOrphaningDependents = (object: KubernetesObject) =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, ORPHAN);

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /**
   * Takes over what `object` says now. Answers its node, and nodes that were made for owners which nobody
   * has seen.
   */
  put(
    object: KubernetesObject,
    identity: Identity,
    type: ResourceType,
  ): { node: GraphNode; made: GraphNode[] } {
    let node = this.#nodes.get(identity.uid);
    if (!node) this.#nodes.set(identity.uid, (node = new GraphNode(identity, type)));
    node.identity = identity;
    node.type = type;
    node.virtual = false;
    node.beingDeleted = object.metadata.deletionTimestamp !== undefined;
    const before = node.owners;
    const owners = object.metadata.ownerReferences ?? NO_OWNERS;
    node.owners = owners;
    const made: GraphNode[] = [];
    if (before === owners) return { node, made };
    for (const { uid } of before) {
      if (!owners.some((owner) => owner.uid === uid)) this.#nodes.get(uid)?.dependents.delete(node);
    }
    for (const owner of owners) {
      let known = this.#nodes.get(owner.uid);
      if (!known) {
        known = new GraphNode({ ...owner, namespace: identity.namespace }, undefined);
        this.#nodes.set(owner.uid, known);
        made.push(known);
      }
      known.dependents.add(node);
    }
    return { node, made };
  }

  /** Takes the object out. Its dependents keep saying that it owns them. */
  remove(node: GraphNode): void {
    this.#nodes.delete(node.identity.uid);
    for (const { uid } of node.owners) this.#nodes.get(uid)?.dependents.delete(node);
  }
}
