/** The strategies of all kinds, by `group/resource`. What counts generations is what a 1.35 server counts. */
import type { ResourceInfo } from '../../api/schema.ts';
import { certificatesigningrequests } from './strategies/certificatesigningrequests.ts';
import { customresourcedefinitions } from './strategies/customresourcedefinitions.ts';
import { daemonsets } from './strategies/daemonsets.ts';
import { jobs } from './strategies/jobs.ts';
import { namespaces } from './strategies/namespaces.ts';
import { nodes } from './strategies/nodes.ts';
import { persistentvolumeclaims } from './strategies/persistentvolumeclaims.ts';
import { pods } from './strategies/pods.ts';
import { bindings, roles } from './strategies/rbac.ts';
import { services } from './strategies/services.ts';
import type { Strategy } from './strategy.ts';

const GENERATION: Strategy = { generation: true };
const RETURN_DELETED: Strategy = { returnDeleted: true };
const CREATE_ON_UPDATE: Strategy = { createOnUpdate: true };

const STRATEGIES: Record<string, Strategy> = {
  '/pods': pods,
  '/services': services,
  '/namespaces': namespaces,
  '/nodes': nodes,
  '/endpoints': CREATE_ON_UPDATE,
  '/events': CREATE_ON_UPDATE,
  '/limitranges': CREATE_ON_UPDATE,
  '/persistentvolumes': RETURN_DELETED,
  '/persistentvolumeclaims': persistentvolumeclaims,
  '/resourcequotas': RETURN_DELETED,
  '/podtemplates': { generation: true, returnDeleted: true, createOnUpdate: true },
  '/replicationcontrollers': { generation: true, returnDeleted: true, defaultPropagation: 'Orphan' },
  // The controller writes the revision, an annotation, together with the status.
  'apps/deployments': { generation: true, statusWritesMetadata: true },
  'apps/replicasets': GENERATION,
  'apps/statefulsets': GENERATION,
  'apps/daemonsets': daemonsets,
  'batch/jobs': jobs,
  'batch/cronjobs': GENERATION,
  'networking.k8s.io/ingresses': GENERATION,
  'networking.k8s.io/networkpolicies': GENERATION,
  'networking.k8s.io/ingressclasses': GENERATION,
  'policy/poddisruptionbudgets': { generation: true, conditionalUpdate: true },
  'discovery.k8s.io/endpointslices': GENERATION,
  'scheduling.k8s.io/priorityclasses': GENERATION,
  'coordination.k8s.io/leases': { createOnUpdate: true, conditionalUpdate: true },
  'rbac.authorization.k8s.io/roles': roles,
  'rbac.authorization.k8s.io/rolebindings': bindings,
  'rbac.authorization.k8s.io/clusterroles': roles,
  'rbac.authorization.k8s.io/clusterrolebindings': bindings,
  'admissionregistration.k8s.io/validatingadmissionpolicies': GENERATION,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': GENERATION,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': GENERATION,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': GENERATION,
  'certificates.k8s.io/certificatesigningrequests': certificatesigningrequests,
  'apiextensions.k8s.io/customresourcedefinitions': customresourcedefinitions,
  'flowcontrol.apiserver.k8s.io/flowschemas': GENERATION,
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': GENERATION,
};

const NOTHING_SPECIAL: Strategy = {};
/** Custom resources: they count generations and take no blind update. */
const CUSTOM: Strategy = {
  generation: true,
  generationOfAll: true,
  conditionalUpdate: true,
  warnings: (object, old) => unqualifiedFinalizers(object.metadata.finalizers, old?.metadata.finalizers),
};

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Warnings of finalizers that somebody else might use too. */
function unqualifiedFinalizers(finalizers: readonly string[] = [], old: readonly string[] = []): string[] {
  return finalizers
    .filter((each) => !old.includes(each) && !each.includes('/') && !STANDARD_FINALIZERS.includes(each))
    .toSorted()
    .map(
      (each) =>
        `metadata.finalizers: ${JSON.stringify(each)}: prefer a domain-qualified finalizer name ${each.includes('.') ? 'including a path (/) ' : ''}to avoid accidental conflicts with other finalizer writers`,
    );
}

export function strategyOf({ group, resource }: ResourceInfo): Strategy {
  const strategy = STRATEGIES[`${group}/${resource}`];
  if (strategy) return strategy;
  return isCustomGroup(group) ? CUSTOM : NOTHING_SPECIAL;
}

/** Whether a group is served from CustomResourceDefinitions. Kubernetes' own without a dot are never. */
export const isCustomGroup = (group: string): boolean => group.includes('.') && !BUILT_IN_GROUPS.has(group);

const BUILT_IN_GROUPS = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);
