/**
 * Namespaces that are being deleted (`pkg/controller/namespace`): deletes what is in them, pods first,
 * says in conditions what is left, and takes the finalizer off when nothing is.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { ObjectList } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { Namespace, NamespaceCondition, Pod } from '../client/kinds.ts';
import { NAMESPACES, PODS, type ResourceType } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { findCondition } from './conditions.ts';
import type { ControllerContext } from './controller.ts';
import { isPodTerminal } from './pod.ts';

const FINALIZER = 'kubernetes';
/** Time for all API servers to know that the namespace takes nothing new. */
const GRACE_MS = 5000;
/** How long finalizers of others are given before a look is taken. */
const FINALIZER_ESTIMATE_SECONDS = 15;

export function startNamespaceController(context: ControllerContext): Disposable {
  return new NamespaceController(context);
}

/** What is left of one resource. */
interface Remains {
  /** Seconds until it may be gone. */
  estimate: number;
  count: number;
  finalizers: Map<string, number>;
}

class NamespaceController implements Disposable {
  readonly #context: ControllerContext;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#clock = context.clock;
    this.#client = context.client('namespace-controller');
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (name) => this.#reconcile(name),
        onError: (name, error) => context.onError('namespace', name, error),
      }),
    );
    const changed = ({ metadata, spec }: Namespace) => {
      if (metadata.deletionTimestamp === undefined || !spec.finalizers?.includes(FINALIZER)) return;
      this.#queue.addAfter(metadata.name!, GRACE_MS);
    };
    this.#resources.add(
      context.informers.informer(NAMESPACES).addHandler({
        add: changed,
        update: (_before, namespace) => changed(namespace),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(name: string): Promise<void> {
    try {
      await this.#delete(name);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  async #delete(name: string): Promise<void> {
    let namespace = await this.#client.get(NAMESPACES, { name });
    const { deletionTimestamp } = namespace.metadata;
    if (deletionTimestamp === undefined || !namespace.spec.finalizers?.includes(FINALIZER)) return;
    if (namespace.status?.phase !== 'Terminating') {
      namespace = await this.#client.updateStatus(NAMESPACES, {
        ...namespace,
        status: { ...namespace.status, phase: 'Terminating' },
      });
    }
    const content = await this.#deleteContent(name, Date.parse(deletionTimestamp));
    namespace = await this.#writeConditions(namespace, content);
    if (content.errors.length > 0) throw new Error(content.errors.join(', '));
    if (content.estimate > 0) {
      this.#queue.addAfter(name, (content.estimate / 2 + 1) * 1000);
      return;
    }
    const finalizers = (namespace.spec.finalizers ?? []).filter((each) => each !== FINALIZER);
    await this.#client.update(
      NAMESPACES,
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { subresource: 'finalize' },
    );
  }

  async #deleteContent(namespace: string, deletedAtMs: number): Promise<Content> {
    const content = new Content();
    const deleteOne = async (type: ResourceType, estimate: number) => {
      try {
        content.add(type, await this.#deleteResource(type, namespace, estimate));
      } catch (error) {
        content.errors.push((error as Error).message);
      }
    };
    await deleteOne(PODS, await this.#podEstimate(namespace, deletedAtMs));
    // What pods use stays until they have ended.
    if (content.remaining.size > 0) return content;
    content.complete = true;
    for (const type of this.#context.resources()) {
      if (type.namespaced && type.resource !== 'pods') await deleteOne(type, 0);
    }
    return content;
  }

  async #deleteResource(type: ResourceType, namespace: string, estimate: number): Promise<Remains> {
    const scope = { namespace };
    const before = (await this.#client.list(type, scope)) as ObjectList;
    if (before.items.length === 0) return { estimate: 0, count: 0, finalizers: new Map() };
    await this.#client.deleteCollection(type, { ...scope, propagationPolicy: 'Background' });
    const { items } = (await this.#client.list(type, scope)) as ObjectList;
    const finalizers = new Map<string, number>();
    for (const { metadata } of items) {
      for (const each of metadata.finalizers ?? []) finalizers.set(each, (finalizers.get(each) ?? 0) + 1);
    }
    if (items.length > 0 && estimate === 0 && finalizers.size === 0) {
      const { group, version, resource } = type;
      throw new Error(
        `unexpected items still remain in namespace: ${namespace} for gvr: ${group}/${version}, Resource=${resource}`,
      );
    }
    if (items.length === 0) return { estimate: 0, count: 0, finalizers };
    return { estimate: estimate || FINALIZER_ESTIMATE_SECONDS, count: items.length, finalizers };
  }

  /** The longest grace period of the pods; 0 when it is over. */
  async #podEstimate(namespace: string, deletedAtMs: number): Promise<number> {
    const { items } = (await this.#client.list(PODS, { namespace })) as ObjectList<Pod>;
    const graces = items
      .filter((pod) => !isPodTerminal(pod))
      .map((pod) => pod.spec.terminationGracePeriodSeconds ?? 0);
    const estimate = Math.max(0, ...graces);
    return this.#clock.now() - deletedAtMs >= estimate * 1000 ? 0 : estimate;
  }

  async #writeConditions(namespace: Namespace, content: Content): Promise<Namespace> {
    const now = timestamp(this.#clock.now());
    const before = namespace.status?.conditions ?? [];
    const conditions = content.conditions().map((condition): NamespaceCondition => {
      const current = findCondition(before, condition.type);
      const lastTransitionTime = current?.status === condition.status ? current.lastTransitionTime : now;
      return { ...condition, lastTransitionTime };
    });
    const changed = conditions.some(({ type, status, reason, message }) => {
      const current = findCondition(before, type);
      return current?.status !== status || current.reason !== reason || current.message !== message;
    });
    if (!changed) return namespace;
    const status = { ...namespace.status, conditions };
    return this.#client.updateStatus(NAMESPACES, { ...namespace, status });
  }
}

/** What a pass over a namespace found. */
class Content {
  readonly errors: string[] = [];
  readonly remaining = new Map<string, number>();
  readonly #finalizers = new Map<string, number>();
  estimate = 0;
  /** All resources were looked at, and not only pods. */
  complete = false;

  add({ group, resource }: ResourceType, { estimate, count, finalizers }: Remains): void {
    this.estimate = Math.max(this.estimate, estimate);
    if (count === 0) return;
    this.remaining.set(`${resource}.${group}`, count);
    for (const [name, amount] of finalizers) {
      this.#finalizers.set(name, (this.#finalizers.get(name) ?? 0) + amount);
    }
  }

  conditions(): NamespaceCondition[] {
    const condition = (type: string, ok: [string, string], failed?: [string, string]) => {
      const [reason, message] = failed ?? ok;
      return { type, status: failed ? 'True' : 'False', reason, message };
    };
    const { errors } = this;
    const list = (counts: Map<string, number>, words: (name: string, count: number) => string) =>
      [...counts]
        .map(([name, count]) => words(name, count))
        .sort()
        .join(', ');
    const resources = list(this.remaining, (name, count) => `${name} has ${count} resource instances`);
    const finalizers = list(this.#finalizers, (name, count) => `${name} in ${count} resource instances`);
    return [
      condition('NamespaceDeletionDiscoveryFailure', [
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ]),
      condition('NamespaceDeletionGroupVersionParsingFailure', [
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ]),
      condition(
        'NamespaceDeletionContentFailure',
        ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
        errors.length > 0
          ? [
              'ContentDeletionFailed',
              `Failed to delete all resource types, ${errors.length} remaining: ${errors.toSorted().join(', ')}`,
            ]
          : undefined,
      ),
      condition(
        'NamespaceContentRemaining',
        ['ContentRemoved', 'All content successfully removed'],
        this.complete && resources
          ? ['SomeResourcesRemain', `Some resources are remaining: ${resources}`]
          : undefined,
      ),
      condition(
        'NamespaceFinalizersRemaining',
        ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
        this.complete && finalizers
          ? ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${finalizers}`]
          : undefined,
      ),
    ];
  }
}
