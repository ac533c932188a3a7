/** A workload of the mesh as metrics, logs and policies name it: a pod, its account, and what its labels say. */
import type { Pod } from '../client/kinds.ts';
import { spiffeId } from './certificate-authority.ts';

export interface Workload {
  namespace: string;
  /** Of the pod. */
  pod: string;
  /** Of what made the pod: `web` of the pod `web-7d4b9c6f5-x2vlq`. */
  name: string;
  serviceAccount: string;
  identity: string;
  labels: Readonly<Record<string, string>>;
  address: string;
  /** `app`, and what stands for it. */
  canonicalService: string;
  canonicalRevision: string;
  app: string;
  version: string;
  /** The same for workloads that metrics do not tell apart. */
  metricsKey: string;
}

/** What metrics say where nobody knows. */
export const UNKNOWN = 'unknown';

export function workloadOf({ metadata, spec, status }: Pod): Workload {
  const { namespace = '', name: pod = '', labels = {} } = metadata;
  const serviceAccount = spec.serviceAccountName || 'default';
  const name = ownerName(metadata) ?? pod;
  const canonicalService =
    labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? name;
  const canonicalRevision =
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels['version'] ??
    'latest';
  const app = labels['app'] ?? UNKNOWN;
  const version = labels['version'] ?? UNKNOWN;
  return {
    namespace,
    pod,
    name,
    serviceAccount,
    identity: spiffeId(namespace, serviceAccount),
    labels,
    address: status?.podIP ?? '',
    canonicalService,
    canonicalRevision,
    app,
    version,
    metricsKey: [namespace, name, serviceAccount, canonicalService, canonicalRevision, app, version].join(
      '/',
    ),
  };
}

/** A Deployment by its ReplicaSet, a CronJob by its Job: `GetDeployMetaFromPod` of pkg/kube. */
export function ownerName(metadata: Pod['metadata']): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return undefined;
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash && owner.name.endsWith(`-${hash}`))
    return owner.name.slice(0, -hash.length - 1);
  if (owner.kind === 'Job') return owner.name.replace(/-\d{8,}$/, '');
  return owner.name;
}
