/**
 * Generic ephemeral volumes (`pkg/controller/volume/ephemeral`): makes the claim that a pod's volume describes, owned
 * by the pod, so that it goes with it.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { keyOf } from '../../api/object.ts';
import type { PersistentVolumeClaim, Pod } from '../../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerReference, type ControllerContext } from '../controller.ts';

export function startEphemeralVolumeController(context: ControllerContext): Disposable {
  const resources = new DisposableStore();
  const client = context.client('ephemeral-volume-controller');
  const recorder = context.recorder('ephemeral_volume', client);
  const pods = context.informers.informer(PODS);
  const claims = context.informers.informer(PERSISTENT_VOLUME_CLAIMS);

  async function makeClaims(pod: Pod): Promise<void> {
    for (const { name, ephemeral } of pod.spec.volumes ?? []) {
      const template = ephemeral?.volumeClaimTemplate;
      if (!template) continue;
      const claim: PersistentVolumeClaim = {
        metadata: {
          ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}),
          ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
          namespace: pod.metadata.namespace!,
          name: `${pod.metadata.name}-${name}`,
          ownerReferences: [controllerReference(PODS, pod)],
        },
        spec: template.spec,
      };
      const there = claims.get(keyOf(claim));
      if (there) {
        if (there.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid)) continue;
        throw new Error(`PVC ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`);
      }
      try {
        await client.create(PERSISTENT_VOLUME_CLAIMS, claim);
      } catch (error) {
        const message = `ephemeral volume ${name}: create PVC ${claim.metadata.name}: ${(error as Error).message}`;
        recorder.event(pod, 'Warning', 'FailedBinding', message);
        throw error;
      }
    }
  }

  const queue = resources.add(
    new WorkQueue({
      clock: context.clock,
      reconcile: async (key) => {
        const pod = pods.get(key);
        if (pod && pod.metadata.deletionTimestamp === undefined) await makeClaims(pod);
      },
      onError: (key, error) => context.onError('ephemeral-volume', key, error),
    }),
  );
  resources.add(
    pods.addHandler({
      add: (pod) => {
        if (pod.spec.volumes?.some(({ ephemeral }) => ephemeral)) queue.add(keyOf(pod));
      },
    }),
  );
  return resources;
}
