/** Deployment, ReplicaSet, StatefulSet, DaemonSet. */
import { formatLabelSelector, selectorOf } from '../../../../cluster/api/labels.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { replicaSetsOf } from '../rollout/replicasets.ts';
import { controlledBy, rfc1123, type Description } from './description.ts';
import { describePodTemplate } from './pod-template.ts';

export async function describeDeployment(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.field('CreationTimestamp', rfc1123(object.metadata.creationTimestamp));
  description.metadata(object);
  description.field('Selector', selectorOf(spec.selector).toString());
  description.field(
    'Replicas',
    `${spec.replicas} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`,
  );
  description.field('StrategyType', spec.strategy?.type);
  description.field('MinReadySeconds', spec.minReadySeconds ?? 0);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling)
    description.field(
      'RollingUpdateStrategy',
      `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`,
    );
  describePodTemplate(description, spec.template);
  describeConditions(description, status.conditions);
  const { old, current } = await replicaSetsOf(description.invocation, object);

  if (old.length > 0 || current) {
    description.field('OldReplicaSets', replicaSetText(old));
    description.field('NewReplicaSet', replicaSetText(current ? [current] : []));
  }
  await description.describeEvents(object);
}

const replicaSetText = (sets: readonly KubernetesObject[]) =>
  sets
    .map((set) => `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas} replicas created)`)
    .join(', ') || '<none>';

function describeConditions(description: Description, conditions: readonly any[] | undefined): void {
  if (!conditions?.length) return;
  description.line(0, 'Conditions:\n  Type\tStatus\tReason');
  description.line(1, '----\t------\t------');
  for (const { type, status, reason = '' } of conditions)
    description.line(1, `${type} \t${status}\t${reason}`);
}

export async function describeReplicaSet(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.field('Selector', formatLabelSelector(spec.selector));
  description.metadata(object);
  const controller = controlledBy(object);
  if (controller) description.field('Controlled By', controller);
  description.field('Replicas', `${status.replicas ?? 0} current / ${spec.replicas} desired`);
  description.field('Pods Status', await podStatus(description, object));
  describePodTemplate(description, spec.template);
  describeConditions(description, status.conditions);
  await description.describeEvents(object);
}

export async function describeStatefulSet(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.field('CreationTimestamp', rfc1123(object.metadata.creationTimestamp));
  description.field('Selector', selectorOf(spec.selector).toString());
  description.metadata(object);
  description.field('Replicas', `${spec.replicas} desired | ${status.replicas ?? 0} total`);
  description.field('Update Strategy', spec.updateStrategy?.type);
  const partition = spec.updateStrategy?.rollingUpdate?.partition;
  if (partition !== undefined) description.field('Partition', partition, 1);
  description.field('Pods Status', await podStatus(description, object));
  describePodTemplate(description, spec.template);
  describeClaimTemplates(description, spec.volumeClaimTemplates);
  await description.describeEvents(object);
}

function describeClaimTemplates(
  description: Description,
  templates: readonly KubernetesObject[] | undefined,
): void {
  if (!templates?.length) return description.line(0, 'Volume Claims:\t<none>');
  description.line(0, 'Volume Claims:');
  for (const { metadata, spec } of templates) {
    description.field('Name', metadata.name, 1);
    description.field('StorageClass', spec.storageClassName ?? '', 1);
    description.labels('Labels', metadata.labels, '  ');
    description.labels('Annotations', metadata.annotations, '  ');
    description.field('Capacity', spec.resources?.requests?.storage ?? '<default>', 1);
    description.field('Access Modes', `[${(spec.accessModes ?? []).join(' ')}]`, 1);
  }
}

export async function describeDaemonSet(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.field('Selector', selectorOf(spec.selector).toString());
  description.labels('Node-Selector', spec.template.spec.nodeSelector);
  description.metadata(object);
  description.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  description.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  description.line(
    0,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`,
  );
  description.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  description.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
  description.field('Pods Status', await podStatus(description, object));
  describePodTemplate(description, spec.template);
  await description.describeEvents(object);
}

/** Phases of the pods that this object controls. */
async function podStatus(description: Description, object: KubernetesObject): Promise<string> {
  const pods = await description.list(`/api/v1/namespaces/${object.metadata.namespace}/pods`, {
    labelSelector: selectorOf(object.spec.selector).toString(),
    limit: 500,
  });
  const own = pods.filter((pod) =>
    pod.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === object.metadata.uid),
  );
  const count = (phase: string) => own.filter((pod) => pod.status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}
