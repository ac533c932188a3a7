/**
 * Pods that nobody looks after (`pkg/controller/podgc`): those of a node that is gone, and finished ones
 * beyond a limit. Kubernetes looks every 20 s; here the change itself brings the look, at the same time.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import { byNode, type Informer } from '../client/informer.ts';
import type { Node, Pod } from '../client/kinds.ts';
import { NODES, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { disruptionTarget } from './disruption-target.ts';
import { isPodTerminal } from './pod.ts';

/** A node may come back: its pods are left alone for so long. */
const QUARANTINE_MS = 40_000;
/** `--terminated-pod-gc-threshold` */
const MAX_TERMINATED_PODS = 12_500;
/** The key of the look at finished pods; no node has this name. */
const TERMINATED = '<terminated>';

export function startPodGarbageCollector(context: ControllerContext): Disposable {
  return new PodGarbageCollector(context);
}

class PodGarbageCollector implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #terminated = new Set<string>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('pod-garbage-collector');
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => (key === TERMINATED ? this.#collectTerminated() : this.#collectNode(key)),
        onError: (key, error) => context.onError('pod-gc', key, error),
      }),
    );
    this.#nodes = context.informers.informer(NODES);
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('node', byNode);
    this.#resources.add(
      this.#nodes.addHandler({
        delete: ({ metadata }) => this.#queue.addAfter(metadata.name!, QUARANTINE_MS),
      }),
    );
    const seen = (pod: Pod, before: Pod | undefined) => {
      if (isPodTerminal(pod) && (!before || !isPodTerminal(before))) {
        this.#terminated.add(keyOf(pod));
        if (this.#terminated.size > MAX_TERMINATED_PODS) this.#queue.add(TERMINATED);
      }
      const { nodeName } = pod.spec;
      if (nodeName && nodeName !== before?.spec.nodeName && !this.#nodes.get(nodeName)) {
        this.#queue.addAfter(nodeName, QUARANTINE_MS);
      }
    };
    this.#resources.add(
      this.#pods.addHandler({
        add: (pod) => seen(pod, undefined),
        update: (before, pod) => seen(pod, before),
        delete: (pod) => void this.#terminated.delete(keyOf(pod)),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #collectNode(name: string): Promise<void> {
    if (this.#nodes.get(name) || this.#pods.indexed('node', name).size === 0) return;
    try {
      await this.#client.get(NODES, { name });
      return;
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
    const pods = [...this.#pods.indexed('node', name)];
    for (const pod of pods) await this.#failAndDelete(pod);
  }

  async #failAndDelete(pod: Pod): Promise<void> {
    const message = 'PodGC: node no longer exists';
    const condition = disruptionTarget(pod, 'DeletionByPodGC', message, timestamp(this.#clock.now()));
    try {
      if (!isPodTerminal(pod)) {
        await this.#client.patch(
          PODS,
          pod.metadata,
          'application/strategic-merge-patch+json',
          { status: { phase: 'Failed', conditions: [condition] } },
          { subresource: 'status' },
        );
      }
      await this.#client.delete(PODS, pod.metadata, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** Oldest first, until as many are left as may be. */
  async #collectTerminated(): Promise<void> {
    const surplus = this.#terminated.size - MAX_TERMINATED_PODS;
    if (surplus <= 0) return;
    const pods = [...this.#terminated].map((key) => this.#pods.get(key)).filter((pod) => pod !== undefined);
    const created = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';
    pods.sort((a, b) => (created(a) < created(b) ? -1 : 1));
    for (const pod of pods.slice(0, surplus)) {
      try {
        await this.#client.delete(PODS, pod.metadata, { gracePeriodSeconds: 0 });
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
  }
}
