/** A claim grows only when it is bound, and its class allows it. */
import { quantityMilliValue } from '../../api/quantity.ts';
import { storageClassOf } from '../../api/volume-claim.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

const ONLY_DYNAMIC =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  resources: ['/persistentvolumeclaims'],
  validate(operation, object, old, context) {
    if (operation !== 'UPDATE' || context.request.subresource || !object || !old) return;
    const [wanted, had] = [object, old].map(({ spec }) => spec?.resources?.requests?.['storage'] ?? 0);
    if (quantityMilliValue(wanted) <= quantityMilliValue(had)) return;
    if (old.status?.phase !== 'Bound')
      throw refuse(context, object, 'Only bound persistent volume claims can be expanded');
    const name = storageClassOf(object);
    const storageClass = context.store.get('storage.k8s.io/storageclasses', name);
    if (!storageClass?.allowVolumeExpansion) throw refuse(context, object, ONLY_DYNAMIC);
  },
};
