/** Pods stay five minutes on a node that is lost, unless they say otherwise. */
import type { AdmissionPlugin } from './admission.ts';

const SECONDS = 300;
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  resources: ['/pods'],
  mutate(_operation, draft, { request }) {
    if (request.subresource) return;
    const tolerations: any[] = draft.spec.tolerations ?? [];
    const tolerated = (taint: string) =>
      tolerations.some(({ key, effect }) => (key === taint || !key) && (effect === 'NoExecute' || !effect));
    const missing = TAINTS.filter((taint) => !tolerated(taint)).map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: SECONDS,
    }));
    if (missing.length > 0) draft.spec = { ...draft.spec, tolerations: [...tolerations, ...missing] };
  },
};
