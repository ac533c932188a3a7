/**
 * Carries out what was planned for a pod's claims once its node is known: reserves the volumes that were found, asks
 * for those that have to be made, and waits until all are bound.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore } from '../../core/disposable.ts';
import {
  BOUND_BY_CONTROLLER,
  claimReferenceTo,
  claimsOf,
  isFullyBound,
  SELECTED_NODE,
} from '../api/volume-claim.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { PersistentVolumeClaim, Pod } from '../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../client/resources.ts';
import type { VolumePlan } from './plugins/volume-binding.ts';

/** `bindTimeoutSeconds` of the plugin's default arguments. */
const BIND_TIMEOUT_MS = 600_000;

/** Resolves when all claims of `pod` are bound, or `cancelled` says so. Rejects after ten minutes. */
export async function bindVolumes(
  pod: Pod,
  nodeName: string,
  plan: VolumePlan,
  { client, clock, claims }: { client: Client; clock: Clock; claims: Informer<PersistentVolumeClaim> },
  cancelled: (cancel: () => void) => void,
): Promise<void> {
  for (const { claim, volume } of plan.bind) {
    await client.update(PERSISTENT_VOLUMES, {
      ...volume,
      metadata: {
        ...volume.metadata,
        annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' },
      },
      spec: { ...volume.spec, claimRef: claimReferenceTo(claim) },
    });
  }
  for (const claim of plan.provision) {
    if (claim.metadata.annotations?.[SELECTED_NODE] === nodeName) continue;
    const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: nodeName };
    await client.update(PERSISTENT_VOLUME_CLAIMS, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
    });
  }
  const keys = claimsOf(pod).map(({ key }) => key);
  const bound = () => keys.every((key) => isFullyBound(claims.get(key) ?? { metadata: {} }));
  if (bound()) return;
  await new Promise<void>((resolve, reject) => {
    const resources = new DisposableStore();
    const end = (settle: () => void) => {
      // Not while the informer goes through its handlers.
      queueMicrotask(() => resources.dispose());
      settle();
    };
    const look = () => {
      if (bound()) end(resolve);
    };
    resources.add(claims.addHandler({ update: look }));
    resources.add(
      clock.setTimeout(
        () =>
          end(() =>
            reject(
              new Error('running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded'),
            ),
          ),
        BIND_TIMEOUT_MS,
      ),
    );
    cancelled(() => end(resolve));
  });
}
