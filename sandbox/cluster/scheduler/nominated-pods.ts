/**
 * Pods for which room is being made on a node (`nominatedNodeName`): until they are bound, others that are worth less
 * must not take their place.
 */
import type { Pod } from '../client/kinds.ts';
import type { NodeInfo } from './node-info.ts';

export class NominatedPods {
  readonly #pods = new Map<string, { pod: Pod; node: string }>();

  /** Takes over what the pod says now. */
  put(pod: Pod): void {
    const node = pod.status?.nominatedNodeName;
    if (node && !pod.spec.nodeName) this.#pods.set(pod.metadata.uid!, { pod, node });
    else if (this.#pods.size > 0) this.#pods.delete(pod.metadata.uid!);
  }

  remove(uid: string): void {
    this.#pods.delete(uid);
  }

  /** The nodes as `pod` has to see them: with the nominated pods that are worth at least as much counted in. */
  appliedTo(nodes: readonly NodeInfo[], pod: Pod): readonly NodeInfo[] {
    if (this.#pods.size === 0) return nodes;
    const byNode = new Map<string, Pod[]>();
    for (const [uid, { pod: other, node }] of this.#pods) {
      if (uid === pod.metadata.uid || (other.spec.priority ?? 0) < (pod.spec.priority ?? 0)) continue;
      byNode.set(node, [...(byNode.get(node) ?? []), other]);
    }
    if (byNode.size === 0) return nodes;
    return nodes.map((info) => {
      const others = byNode.get(info.name);
      if (!others) return info;
      const hypothetical = info.hypothetical();
      for (const other of others) hypothetical.addPod(other);
      return hypothetical;
    });
  }
}
