/** Volumes and claims stay while something uses them: their controllers take the finalizer away. */
import type { AdmissionPlugin } from './admission.ts';

const FINALIZERS: Record<string, string> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  resources: ['/persistentvolumeclaims', '/persistentvolumes'],
  mutate(operation, draft, { resource, request }) {
    if (operation !== 'CREATE' || request.subresource) return;
    const finalizer = FINALIZERS[resource.resource]!;
    const { finalizers = [] } = draft.metadata;
    if (!finalizers.includes(finalizer)) draft.metadata.finalizers = [...finalizers, finalizer];
  },
};
