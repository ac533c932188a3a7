/**
 * `kubectl apply --prune` (`kubectl/pkg/cmd/apply/prune.go`): deletes what earlier applies made and this one no
 * longer names. Left out: `--applyset`, which is alpha.
 */
import { LAST_APPLIED } from '../../../../cluster/api/last-applied.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { deleteObject, propagationPolicyOf } from '../deletion.ts';
import { apiVersionOf, mappingOf, resourcePath, type Mapping } from '../discovery.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { DryRun, ResultPrinter } from '../printers/output.ts';

/** What is looked through when no `--prune-allowlist` says otherwise. */
const DEFAULT_KINDS = [
  'core/v1/ConfigMap',
  'core/v1/Endpoints',
  'core/v1/PersistentVolumeClaim',
  'core/v1/Pod',
  'core/v1/ReplicationController',
  'core/v1/Secret',
  'core/v1/Service',
  'batch/v1/Job',
  'batch/v1/CronJob',
  'networking.k8s.io/v1/Ingress',
  'apps/v1/DaemonSet',
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'apps/v1/StatefulSet',
  'core/v1/Namespace',
  'core/v1/PersistentVolume',
];

export function checkPruneFlags({ flags }: Invocation): void {
  const all = flags.bool('all');
  const selector = flags.string('selector');
  if (all && selector) throw new CommandError('cannot set --all and --selector at the same time');
  if (flags.bool('prune') && !all && !selector)
    throw new CommandError(
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
}

/** The kinds of `--prune-allowlist`. Throws for one that the server does not know. */
export async function prunedKinds({ api, flags }: Invocation): Promise<Mapping[]> {
  const allowed = flags.list('prune-allowlist');
  const mappings: Mapping[] = [];
  for (const text of allowed.length > 0 ? allowed : DEFAULT_KINDS) {
    const [group, version, kind, ...more] = text.split('/');
    if (!version || !kind || more.length > 0)
      throw new CommandError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    mappings.push(
      await mappingOf(api, { apiVersion: group === 'core' ? version : `${group}/${version}`, kind }),
    );
  }
  return mappings;
}

/** @param applied what this apply has seen, as it now is. */
export async function prune(
  invocation: Invocation,
  kinds: readonly Mapping[],
  applied: readonly KubernetesObject[],
  dryRun: DryRun,
  printer: ResultPrinter,
): Promise<void> {
  const { flags, api } = invocation;
  const kept = new Set(applied.map(({ metadata }) => metadata.uid));
  const namespaces = new Set(applied.map(({ metadata }) => metadata.namespace ?? ''));
  namespaces.delete('');
  const labelSelector = flags.string('selector') || undefined;
  const sorted = [...kinds.filter((kind) => kind.namespaced), ...kinds.filter((kind) => !kind.namespaced)];
  for (const mapping of sorted)
    for (const namespace of mapping.namespaced ? namespaces : ['']) {
      const list = await api.get(resourcePath(mapping, namespace), { labelSelector });
      for (const item of list.items as KubernetesObject[]) {
        const { annotations, uid, name } = item.metadata;
        if (annotations?.[LAST_APPLIED] === undefined || kept.has(uid)) continue;
        if (dryRun !== 'client')
          await deleteObject(
            invocation,
            { mapping, namespace, name: name!, source: '', object: item },
            {
              propagationPolicy: propagationPolicyOf(flags.string('cascade')),
              gracePeriodSeconds: flags.int('grace-period'),
              dryRun: dryRun === 'server',
            },
          );
        await printer.print({ apiVersion: apiVersionOf(mapping), kind: mapping.kind, ...item }, 'pruned');
      }
    }
}
