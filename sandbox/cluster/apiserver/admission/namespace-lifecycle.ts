/** Nothing is created in a namespace that is not there or that is going; some namespaces never go. */
import { notFound } from '../../api/status.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];
const NAMESPACES = { group: '', resource: 'namespaces' };

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate(operation, draft, context) {
    const { namespace, subresource } = context.request;
    if (operation !== 'CREATE' || !namespace || !context.resource.namespaced || subresource) return;
    const object = context.store.get('namespaces', namespace);
    if (!object) throw notFound(NAMESPACES, namespace);
    if (object.metadata.deletionTimestamp)
      throw refuse(
        context,
        draft,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
        [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      );
  },
  validate(operation, _object, old, context) {
    const { group, resource } = context.resource;
    if (operation !== 'DELETE' || group !== '' || resource !== 'namespaces') return;
    if (IMMORTAL.includes(old!.metadata.name!))
      throw refuse(context, old, 'this namespace may not be deleted');
  },
};
