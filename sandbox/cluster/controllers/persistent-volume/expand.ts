/**
 * `pkg/controller/volume/expand`: says of a claim that asks for more than it has who will see to it. No volume plugin of
 * the controller manager's own can expand anything any more; what is left is that message.
 */
import { keyOf } from '../../api/object.ts';
import { quantityMilliValue } from '../../api/quantity.ts';
import type { Disposable } from '../../../core/disposable.ts';
import type { PersistentVolumeClaim } from '../../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../client/resources.ts';
import type { ControllerContext } from '../controller.ts';

export function startExpandController(context: ControllerContext): Disposable {
  const recorder = context.recorder('volume_expand', context.client('expand-controller'));
  const volumes = context.informers.informer(PERSISTENT_VOLUMES);
  const wanted = ({ spec }: PersistentVolumeClaim) =>
    quantityMilliValue(spec.resources?.requests?.['storage'] ?? 0);
  return context.informers.informer(PERSISTENT_VOLUME_CLAIMS).addHandler({
    update: (before, claim) => {
      if (wanted(claim) <= wanted(before) || claim.status?.phase !== 'Bound') return;
      if (wanted(claim) <= quantityMilliValue(claim.status.capacity?.['storage'] ?? 0)) return;
      const volume = volumes.get(claim.spec.volumeName ?? '');
      if (volume?.spec.claimRef && keyOf({ metadata: volume.spec.claimRef }) === keyOf(claim))
        recorder.event(
          claim,
          'Normal',
          'ExternalExpanding',
          'waiting for an external controller to expand this PVC',
        );
    },
  });
}
