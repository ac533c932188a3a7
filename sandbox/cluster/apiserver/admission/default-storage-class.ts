/** A claim that names no storage class gets the default one, if there is one. */
import type { AdmissionPlugin } from './admission.ts';

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  resources: ['/persistentvolumeclaims'],
  mutate(operation, draft, { store, request }) {
    if (operation !== 'CREATE' || request.subresource) return;
    if (draft.spec.storageClassName !== undefined || draft.metadata.annotations?.[BETA_CLASS]) return;
    // Of several defaults the newest counts, then the first by name.
    const [newest] = store
      .list('storage.k8s.io/storageclasses')
      .filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true')
      .sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? 1 : -1));
    if (newest) draft.spec = { ...draft.spec, storageClassName: newest.metadata.name };
  },
};
