/** The quality of service class of a pod: what the kubelet and the scheduler rank pods by (`GetPodQOS`). */
import type { KubernetesObject } from './object.ts';
import { parseQuantity } from './quantity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Of cpu and memory: everything limited, something asked for, or nothing. */
export function qosClassOf({ spec }: Pick<KubernetesObject, 'spec'>): QosClass {
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
