/** A node that has just registered takes no pods until it is ready. */
import type { AdmissionPlugin } from './admission.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  resources: ['/nodes'],
  mutate(operation, draft, { request }) {
    if (operation !== 'CREATE' || request.subresource) return;
    const taints: any[] = draft.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule')) return;
    draft.spec = { ...draft.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] };
  },
};
