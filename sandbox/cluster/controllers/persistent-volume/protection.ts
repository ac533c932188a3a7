/**
 * Claims that pods use and volumes that claims are bound to are not deleted before that ends: these controllers take
 * the finalizers away (`pkg/controller/volume/pvcprotection` and `pvprotection`). A pod uses its claims from when it
 * is given a node until it is gone, also when it has finished.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { keyOf } from '../../api/object.ts';
import { claimsOf } from '../../api/volume-claim.ts';
import { removeFinalizers } from '../../client/finalizers.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

export function startClaimProtectionController(context: ControllerContext): Disposable {
  const resources = new DisposableStore();
  const client = context.client('pvc-protection-controller');
  const claims = context.informers.informer(PERSISTENT_VOLUME_CLAIMS);
  const pods = context.informers.informer(PODS);
  pods.addIndex('claim', (pod) => claimsOf(pod).map(({ key }) => key));
  const queue = resources.add(
    new WorkQueue({
      clock: context.clock,
      reconcile: async (key) => {
        const claim = claims.get(key);
        if (claim?.metadata.deletionTimestamp === undefined) return;
        for (const { spec } of pods.indexed('claim', key)) if (spec.nodeName) return;
        await removeFinalizers(client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER);
      },
      onError: (key, error) => context.onError('pvc-protection', key, error),
    }),
  );
  resources.add(
    claims.addHandler({
      add: (claim) => queue.add(keyOf(claim)),
      update: (_before, claim) => queue.add(keyOf(claim)),
    }),
  );
  resources.add(
    pods.addHandler({
      delete: (pod) => {
        for (const { key } of claimsOf(pod)) queue.add(key);
      },
    }),
  );
  return resources;
}

export function startVolumeProtectionController(context: ControllerContext): Disposable {
  const resources = new DisposableStore();
  const client = context.client('pv-protection-controller');
  const volumes = context.informers.informer(PERSISTENT_VOLUMES);
  const queue = resources.add(
    new WorkQueue({
      clock: context.clock,
      reconcile: async (key) => {
        const volume = volumes.get(key);
        if (volume?.metadata.deletionTimestamp === undefined || volume.status?.phase === 'Bound') return;
        await removeFinalizers(client, PERSISTENT_VOLUMES, volume, VOLUME_FINALIZER);
      },
      onError: (key, error) => context.onError('pv-protection', key, error),
    }),
  );
  resources.add(
    volumes.addHandler({
      add: (volume) => queue.add(keyOf(volume)),
      update: (_before, volume) => queue.add(keyOf(volume)),
    }),
  );
  return resources;
}
