/**
 * Pods that must leave a tainted node (`pkg/controller/tainteviction`): a NoExecute taint deletes those
 * that do not tolerate it at once, and those that do for a while when it is over.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf, splitKey } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import { tolerates } from '../api/tolerations.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byNode, type Informer } from '../client/informer.ts';
import type { Node, Pod, Taint, Toleration } from '../client/kinds.ts';
import { NODES, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { disruptionTarget } from './disruption-target.ts';
import { deepEqual } from '../api/equality.ts';

export function startTaintEvictionController(context: ControllerContext): Disposable {
  return new TaintEvictionController(context);
}

interface Eviction {
  uid: string;
  sinceMs: number;
  dueMs: number;
}

class TaintEvictionController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #evictions = new Map<string, Eviction>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('node-controller');
    this.#recorder = context.recorder('taint-eviction-controller', this.#client);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#evict(key),
        onError: (key, error) => context.onError('taint-eviction', key, error),
      }),
    );
    this.#nodes = context.informers.informer(NODES);
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('node', byNode);
    this.#resources.add(
      this.#nodes.addHandler({
        add: (node) => this.#nodeChanged(node),
        update: (before, node) => {
          if (!deepEqual(before.spec.taints, node.spec.taints)) this.#nodeChanged(node);
        },
      }),
    );
    this.#resources.add(
      this.#pods.addHandler({
        add: (pod) => this.#judge(pod),
        update: (before, pod) => {
          const same =
            before.spec.nodeName === pod.spec.nodeName &&
            deepEqual(before.spec.tolerations, pod.spec.tolerations);
          if (!same) this.#judge(pod);
        },
        delete: (pod) => void this.#evictions.delete(keyOf(pod)),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #nodeChanged(node: Node): void {
    for (const pod of this.#pods.indexed('node', node.metadata.name!)) this.#judge(pod);
  }

  /** Plans, moves or cancels the eviction of `pod`. */
  #judge(pod: Pod): void {
    const node = pod.spec.nodeName && this.#nodes.get(pod.spec.nodeName);
    if (!node || pod.metadata.deletionTimestamp !== undefined) return;
    const taints = node.spec.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
    const seconds = taints.length === 0 ? Infinity : toleratedSeconds(taints, pod.spec.tolerations ?? []);
    const key = keyOf(pod);
    const planned = this.#evictions.get(key);
    if (seconds === Infinity) {
      if (!planned) return;
      this.#evictions.delete(key);
      this.#event(key, `Cancelling deletion of Pod ${key}`);
      return;
    }
    const nowMs = this.#clock.now();
    const dueMs = nowMs + seconds * 1000;
    if (planned && seconds > 0 && planned.sinceMs + seconds * 1000 < dueMs) return;
    this.#evictions.set(key, { uid: pod.metadata.uid!, sinceMs: planned?.sinceMs ?? nowMs, dueMs });
    this.#queue.addAfter(key, dueMs - nowMs);
  }

  async #evict(key: string): Promise<void> {
    const eviction = this.#evictions.get(key);
    if (!eviction) return;
    const nowMs = this.#clock.now();
    if (eviction.dueMs > nowMs) return this.#queue.addAfter(key, eviction.dueMs - nowMs);
    const pod = this.#pods.get(key);
    if (pod?.metadata.uid !== eviction.uid) return;
    this.#event(key, `Marking for deletion Pod ${key}`);
    try {
      const condition = disruptionTarget(
        pod,
        'DeletionByTaintManager',
        'Taint manager: deleting due to NoExecute taint',
        timestamp(nowMs),
      );
      await this.#client.patch(
        PODS,
        pod.metadata,
        'application/strategic-merge-patch+json',
        { status: { conditions: [condition] } },
        { subresource: 'status' },
      );
      await this.#client.delete(PODS, pod.metadata);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
    this.#evictions.delete(key);
  }

  #event(key: string, message: string): void {
    const reference = { apiVersion: 'v1', kind: 'Pod', ...splitKey(key) };
    this.#recorder.event(reference, 'Normal', 'TaintManagerEviction', message);
  }
}

/** For how long all of `taints` are put up with: 0 not at all, Infinity for ever. */
function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let seconds = Infinity;
  for (const taint of taints) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds !== undefined) seconds = Math.min(seconds, Math.max(0, tolerationSeconds));
    }
  }
  return seconds;
}
