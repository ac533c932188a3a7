/** ReplicaSets of a Deployment (`kubectl/pkg/util/deployment`): which is the current one, which are old. */
import { selectorOf } from '../../../../cluster/api/labels.ts';
import { deepEqual } from '../../../../cluster/api/json-patch.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Invocation } from '../invocation.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';
const HASH_LABEL = 'pod-template-hash';

export async function replicaSetsOf(
  invocation: Invocation,
  deployment: KubernetesObject,
): Promise<{ all: KubernetesObject[]; old: KubernetesObject[]; current: KubernetesObject | undefined }> {
  const path = `/apis/apps/v1/namespaces/${deployment.metadata.namespace}/replicasets`;
  const list = await invocation.api.get(path, {
    labelSelector: selectorOf(deployment.spec.selector).toString(),
  });
  const all = (list.items as KubernetesObject[]).filter((set) =>
    set.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === deployment.metadata.uid),
  );
  const byAge = [...all].sort((a, b) =>
    a.metadata.creationTimestamp! < b.metadata.creationTimestamp!
      ? -1
      : a.metadata.creationTimestamp! > b.metadata.creationTimestamp!
        ? 1
        : a.metadata.name! < b.metadata.name!
          ? -1
          : 1,
  );
  const current = byAge.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  return { all, old: all.filter((set) => set.metadata.uid !== current?.metadata.uid), current };
}

export const revisionOf = (object: KubernetesObject): number =>
  Number(object.metadata.annotations?.[REVISION] ?? 0);

/** Pod templates are compared without the label that the controller adds. */
export function sameTemplate(a: KubernetesObject, b: KubernetesObject): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

export function withoutHash(template: KubernetesObject): KubernetesObject {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
