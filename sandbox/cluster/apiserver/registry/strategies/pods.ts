/** Pods (`pkg/registry/core/pod/strategy.go`): graceful deletion, status, QoS class. */
import { timestamp } from '../../../../core/clock.ts';
import { qosClassOf } from '../../../api/qos-class.ts';
import type { Strategy } from '../strategy.ts';
import { syncAppArmor } from './pod-apparmor.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** Said at once, for no scheduler looks at a pod with gates. */
const gated = (nowMs: number) => ({
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: timestamp(nowMs),
});

export const pods: Strategy = {
  generation: true,
  statusWritesMetadata: true,
  returnDeleted: true,
  prepareForCreate(draft, context) {
    draft.status = {
      phase: 'Pending',
      ...(draft.spec.schedulingGates?.length && { conditions: [gated(context.clock.now())] }),
      qosClass: qosClassOf(draft),
    };
    syncAppArmor(draft, context);
  },
  prepareForUpdate(draft, old, { request }) {
    const part = request.subresource && SUBRESOURCES[request.subresource];
    if (!part) return;
    draft.metadata = { ...old.metadata };
    draft.spec = part(draft.spec, old.spec);
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

/** What a write through a subresource takes over; everything else it says is dropped. */
const SUBRESOURCES: Record<string, (spec: any, old: any) => any> = {
  ephemeralcontainers({ ephemeralContainers }, old) {
    const spec = { ...old, ephemeralContainers };
    if (!ephemeralContainers) delete spec.ephemeralContainers;
    return spec;
  },
  resize(spec, old) {
    // Another number of containers is for validation to refuse.
    if (spec.containers?.length !== old.containers.length) return spec;
    if ((spec.initContainers?.length ?? 0) !== (old.initContainers?.length ?? 0)) return spec;
    const resized = (containers: any[], next: any[]) =>
      containers.map((container, index) => {
        const { name, resources, resizePolicy } = next[index];
        return { ...container, name, resources, ...(resizePolicy && { resizePolicy }) };
      });
    return {
      ...old,
      containers: resized(old.containers, spec.containers),
      ...(old.initContainers && { initContainers: resized(old.initContainers, spec.initContainers) }),
    };
  },
};
