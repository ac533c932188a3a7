/** Pods (`pkg/registry/core/pod/strategy.go`): graceful deletion, status, QoS class. */
import { parseQuantity } from '../../../api/quantity.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import type { Strategy } from '../strategy.ts';

const DEFAULT_GRACE_SECONDS = 30;

export const pods: Strategy = {
  generation: true,
  statusWritesMetadata: true,
  returnDeleted: true,
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending', qosClass: qosClassOf(draft) };
  },
  prepareForStatus(draft, old) {
    draft.metadata.ownerReferences = old.metadata.ownerReferences;
    if (!draft.metadata.ownerReferences) delete draft.metadata.ownerReferences;
    if (draft.status && !draft.status.qosClass && old.status?.qosClass)
      draft.status = { ...draft.status, qosClass: old.status.qosClass };
  },
  gracePeriodSeconds({ spec, status }, asked) {
    // Nobody has to be given time where nothing runs.
    if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
    const seconds = asked ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return seconds < 0 ? 1 : seconds;
  },
};

/** `GetPodQOS`: what the kubelet and the scheduler rank pods by. */
export function qosClassOf({ spec }: KubernetesObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const lists = spec?.resources ? [spec.resources] : containers.map(({ resources }) => resources);
  let some = false;
  let guaranteed = true;
  for (const resources of lists) {
    for (const name of ['cpu', 'memory']) {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name];
      const limitNano = limit === undefined ? 0n : parseQuantity(limit).nano;
      const requestNano = request === undefined ? 0n : parseQuantity(request).nano;
      if (limitNano > 0n || requestNano > 0n) some = true;
      if (limitNano === 0n || limitNano !== requestNano) guaranteed = false;
    }
  }
  return !some ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}
