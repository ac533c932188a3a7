/**
 * Which pods a node has to run: the API server as the kubelet's source (pkg/kubelet/config/apiserver.go).
 * All kubelets of a process share one informer, and each hears of the pods that are bound to its node.
 */
import { DisposableStore, toDisposable, type Disposable } from '../../core/disposable.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { byNode, type Informer } from '../client/informer.ts';
import type { Pod } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';

export interface PodListener {
  /** The pod is bound to the node, or was changed there. */
  updated(pod: Pod): void;
  /** The pod is gone from the API. */
  removed(pod: Pod): void;
}

export class PodSource implements Disposable {
  readonly #pods: Informer<Pod>;
  readonly #listeners = new Map<string, PodListener>();
  readonly #resources = new DisposableStore();

  constructor(informers: InformerFactory) {
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('node', byNode);
    const updated = (pod: Pod) => {
      const { nodeName } = pod.spec;
      if (nodeName) this.#listeners.get(nodeName)?.updated(pod);
    };
    this.#resources.add(
      this.#pods.addHandler({
        add: updated,
        update: (_before, after) => updated(after),
        delete: (pod) => {
          const { nodeName } = pod.spec;
          if (nodeName) this.#listeners.get(nodeName)?.removed(pod);
        },
      }),
    );
  }

  /** Resolves when what the API holds now has been seen. */
  get synced(): Promise<void> {
    return this.#pods.synced;
  }

  /** The pod called `namespace/name`, as far as has been seen. */
  get(key: string): Pod | undefined {
    return this.#pods.get(key);
  }

  /** Pods bound to `nodeName`. */
  ofNode(nodeName: string): Pod[] {
    return [...this.#pods.indexed('node', nodeName)];
  }

  /** Tells `listener` of all pods of a node, present and future. A node has one listener. */
  listen(nodeName: string, listener: PodListener): Disposable {
    this.#listeners.set(nodeName, listener);
    for (const pod of this.ofNode(nodeName)) listener.updated(pod);
    return toDisposable(() => {
      if (this.#listeners.get(nodeName) === listener) this.#listeners.delete(nodeName);
    });
  }

  dispose(): void {
    this.#resources.dispose();
    this.#listeners.clear();
  }
}
