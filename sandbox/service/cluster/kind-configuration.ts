/**
 * The configuration of a session's cluster: the operator's (`SLIPWAY_KIND_CONFIG`), with the audit log, Pod
 * Security's default level and the number of nodes added. Nothing that the operator wrote is taken away.
 */
import { dump, load } from 'js-yaml';

/** Where the files of `control-plane/` appear in the control plane's node and in its API server. */
export const MOUNT = '/etc/slipway';

/** The file there that names the API server's authorizers, for a session with add-ons. */
export const AUTHORIZATION = 'authorization.yaml';

/** On the node. One file of 20 MB is kept beside the current one. */
export const AUDIT_LOG = '/var/log/kubernetes/audit/audit.log';

interface KindNode {
  role: string;
  extraMounts?: unknown[];
  [field: string]: unknown;
}

interface KindCluster {
  kind: string;
  apiVersion: string;
  nodes?: KindNode[];
  kubeadmConfigPatches?: string[];
  [field: string]: unknown;
}

/**
 * @param base YAML of a kind cluster, or nothing.
 * @param nodes how many nodes, the control plane included; those that `base` lists stay.
 * @param folder on the engine's host, with the files of `control-plane/`.
 * @param authorizes whether the authorizers are those of a file in it, and not kubeadm's.
 */
export function kindConfiguration(
  base: string | undefined,
  nodes: number,
  folder: string,
  authorizes = false,
): string {
  const cluster = (base === undefined ? undefined : load(base)) ?? {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
  };
  if (!isCluster(cluster)) {
    throw new Error(
      'SLIPWAY_KIND_CONFIG: expected a document of kind Cluster, apiVersion kind.x-k8s.io/v1alpha4',
    );
  }
  const list = cluster.nodes ?? [{ role: 'control-plane' }];
  while (list.length < nodes) list.push({ role: 'worker' });
  return dump({
    ...cluster,
    nodes: list.map((node) =>
      node.role === 'control-plane'
        ? {
            ...node,
            extraMounts: [
              ...(node.extraMounts ?? []),
              { hostPath: folder, containerPath: MOUNT, readOnly: true },
            ],
          }
        : node,
    ),
    kubeadmConfigPatches: [...(cluster.kubeadmConfigPatches ?? []), dump(apiServerPatch(authorizes))],
  });
}

function isCluster(value: unknown): value is KindCluster {
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown };
  return kind === 'Cluster' && apiVersion === 'kind.x-k8s.io/v1alpha4';
}

function apiServerPatch(authorizes: boolean) {
  const logFolder = AUDIT_LOG.slice(0, AUDIT_LOG.lastIndexOf('/'));
  return {
    kind: 'ClusterConfiguration',
    apiServer: {
      extraArgs: {
        'admission-control-config-file': `${MOUNT}/admission.yaml`,
        'audit-policy-file': `${MOUNT}/audit-policy.yaml`,
        'audit-log-path': AUDIT_LOG,
        'audit-log-maxsize': '20',
        'audit-log-maxbackup': '1',
        ...(authorizes ? { 'authorization-config': `${MOUNT}/${AUTHORIZATION}` } : {}),
      },
      extraVolumes: [
        { name: 'slipway', hostPath: MOUNT, mountPath: MOUNT, readOnly: true, pathType: 'Directory' },
        {
          name: 'audit',
          hostPath: logFolder,
          mountPath: logFolder,
          readOnly: false,
          pathType: 'DirectoryOrCreate',
        },
      ],
    },
  };
}
