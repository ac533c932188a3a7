/**
 * What a workload's history keeps (`kubectl/pkg/polymorphichelpers/history.go`, `rollback.go`): the ReplicaSets
 * of a Deployment, the ControllerRevisions of a StatefulSet or DaemonSet.
 */
import { selectorOf } from '../../../../cluster/api/labels.ts';
import { deepEqual } from '../../../../cluster/api/json-patch.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { CommandError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { LAST_APPLIED } from '../last-applied.ts';
import type { Info } from '../resource-builder.ts';
import { STRATEGIC_MERGE } from '../three-way-patch.ts';
import {
  CHANGE_CAUSE,
  replicaSetsOf,
  REVISION,
  revisionOf,
  sameTemplate,
  withoutHash,
} from './replicasets.ts';

export interface Revision {
  number: number;
  changeCause: string | undefined;
  template: KubernetesObject;
  /** As `-o` prints it: the ReplicaSet, or the workload as it was. */
  object: KubernetesObject;
  /** The workload's template is this one. */
  isCurrent: boolean;
  /** Brings the workload back to it. */
  patch: unknown;
  contentType: string;
}

/** Annotations that belong to the Deployment and are not rolled back. */
const KEPT = [
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.revision',
];

/** Oldest first. Throws for kinds without a history, with what it would have been for: `history viewer`. */
export async function revisionsOf(invocation: Invocation, info: Info, purpose: string): Promise<Revision[]> {
  const { mapping, object } = info;
  const revisions =
    mapping.kind === 'Deployment'
      ? await ofDeployment(invocation, object)
      : mapping.kind === 'StatefulSet' || mapping.kind === 'DaemonSet'
        ? await ofControllerRevisions(invocation, object)
        : undefined;
  if (!revisions)
    throw new CommandError(`no ${purpose} has been implemented for ${JSON.stringify(kindName(info))}`);
  return revisions.sort((a, b) => a.number - b.number);
}

/** `Deployment.apps`, `Pod`. */
const kindName = ({ mapping }: Info) => (mapping.group ? `${mapping.kind}.${mapping.group}` : mapping.kind);

async function ofDeployment(invocation: Invocation, deployment: KubernetesObject): Promise<Revision[]> {
  const { all } = await replicaSetsOf(invocation, deployment);
  return all
    .filter((set) => revisionOf(set) > 0)
    .map((set) => {
      return {
        number: revisionOf(set),
        changeCause: set.metadata.annotations?.[CHANGE_CAUSE],
        template: set.spec.template,
        object: set,
        isCurrent: sameTemplate(set.spec.template, deployment.spec.template),
        patch: [
          { op: 'replace', path: '/spec/template', value: withoutHash(set.spec.template) },
          { op: 'replace', path: '/metadata/annotations', value: annotationsOf(deployment, set) },
        ],
        contentType: 'application/json-patch+json',
      };
    });
}

function annotationsOf(deployment: KubernetesObject, set: KubernetesObject): Record<string, string> {
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => KEPT.includes(key));
  const restored = Object.entries(set.metadata.annotations ?? {}).filter(([key]) => !KEPT.includes(key));
  return Object.fromEntries([...kept, ...restored]);
}

async function ofControllerRevisions(
  invocation: Invocation,
  workload: KubernetesObject,
): Promise<Revision[]> {
  const path = `/apis/apps/v1/namespaces/${workload.metadata.namespace}/controllerrevisions`;
  const list = await invocation.api.get(path, {
    labelSelector: selectorOf(workload.spec.selector).toString(),
  });
  return (list.items as KubernetesObject[])
    .filter((item) =>
      item.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === workload.metadata.uid),
    )
    .map((item) => {
      const { $patch: _, ...template } = item['data'].spec.template;
      return {
        number: Number(item['revision']),
        changeCause: item.metadata.annotations?.[CHANGE_CAUSE],
        template,
        object: { ...workload, spec: { ...workload.spec, template } },
        isCurrent: deepEqual(template, workload.spec.template),
        patch: item['data'],
        contentType: STRATEGIC_MERGE,
      };
    });
}
