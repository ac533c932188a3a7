/** What holds of every cluster in which nothing is left to do. Each violation is one line. */
import { selectorFromSet } from '../../../sandbox/cluster/api/labels.ts';
import { controllerOf, type KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import {
  addQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
} from '../../../sandbox/cluster/api/quantity.ts';
import { isInScope, usageOf } from '../../../sandbox/cluster/api/quota-usage.ts';
import type { Client } from '../../../sandbox/cluster/client/client.ts';
import type { Pod, ReplicaSet } from '../../../sandbox/cluster/client/kinds.ts';
import {
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  JOBS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  SERVICES,
  STATEFUL_SETS,
  type ResourceType,
} from '../../../sandbox/cluster/client/resources.ts';
import { CLAIM_FINALIZER } from '../../../sandbox/cluster/snapshots/snapshot-kinds.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind ?? 'Pod'} ${metadata.name}`;
const isActive = ({ metadata, status }: Pod) =>
  metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
const failsToCreate = (conditions: { type: string; status: string }[] | undefined) =>
  conditions?.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True') ?? false;

export async function violations(client: Client): Promise<string[]> {
  const broken: string[] = [];
  const items = async <T extends KubernetesObject>(type: ResourceType<T>): Promise<T[]> =>
    (await client.list(type)).items.map((object) => ({ ...object, kind: type.kind }));
  const pods = await items(PODS);
  const owned = (owner: KubernetesObject) =>
    pods.filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid);
  const expect = (holds: boolean, what: string) => void (holds || broken.push(what));
  const quotas = await items(RESOURCE_QUOTAS);

  // Ownership.
  const owners = new Set<string>();
  const everything: KubernetesObject[] = [];
  for (const type of [
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    JOBS,
    SERVICES,
    PODS,
    NODES,
  ] as ResourceType[])
    for (const object of await items(type)) {
      owners.add(object.metadata.uid!);
      everything.push(object);
    }
  for (const type of [CONTROLLER_REVISIONS, ENDPOINT_SLICES, PERSISTENT_VOLUME_CLAIMS] as ResourceType[])
    everything.push(...(await items(type)));
  for (const object of everything) {
    const { ownerReferences = [], deletionTimestamp } = object.metadata;
    const used = pods.some(({ spec }) =>
      spec.volumes?.some((each) => each.persistentVolumeClaim?.claimName === object.metadata.name),
    );
    // A claim goes no sooner than the pods that use it, and the snapshots that are still to be taken of it.
    const held = object.metadata.finalizers?.includes(CLAIM_FINALIZER) ?? false;
    const waits = object.kind === 'PersistentVolumeClaim' && (used || held);
    expect(waits || deletionTimestamp === undefined, `${nameOf(object)} is still being deleted`);
    for (const { uid, kind, name } of ownerReferences)
      expect(owners.has(uid), `${nameOf(object)} belongs to ${kind} ${name}, which is gone`);
    expect(
      ownerReferences.filter(({ controller }) => controller).length <= 1,
      `${nameOf(object)} has two controllers`,
    );
  }

  // Replicas.
  const sets = await items(REPLICA_SETS);
  for (const set of sets) {
    const active = owned(set).filter(isActive).length;
    const { replicas, observedGeneration, readyReplicas = 0 } = set.status!;
    expect(observedGeneration === set.metadata.generation, `${nameOf(set)} has not been looked at`);
    expect(replicas === active, `${nameOf(set)} says ${replicas} replicas of ${active}`);
    const ready = owned(set).filter((pod) => isActive(pod) && isReady(pod)).length;
    expect(readyReplicas === ready, `${nameOf(set)} says ${readyReplicas} ready of ${ready}`);
    const enough =
      active === set.spec.replicas || (active < set.spec.replicas! && failsToCreate(set.status!.conditions));
    expect(enough, `${nameOf(set)} has ${active} pods for ${set.spec.replicas} replicas`);
  }
  for (const deployment of await items(DEPLOYMENTS)) {
    const mine = sets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const { status = {}, spec } = deployment;
    const total = mine.reduce((sum: number, set: ReplicaSet) => sum + set.spec.replicas!, 0);
    const active = mine.reduce((sum, set) => sum + owned(set).filter(isActive).length, 0);
    expect(
      status.observedGeneration === deployment.metadata.generation,
      `${nameOf(deployment)} has not been looked at`,
    );
    expect(
      (status.replicas ?? 0) === active,
      `${nameOf(deployment)} says ${status.replicas} replicas of ${active}`,
    );
    if (total === spec.replicas && active === total && mine.every((set) => owned(set).every(isReady))) {
      const current = mine.filter((set) => set.spec.replicas! > 0);
      expect(
        current.length <= 1,
        `${nameOf(deployment)} is ready and has ${current.length} ReplicaSets with pods`,
      );
    }
  }
  for (const set of await items(STATEFUL_SETS)) {
    const mine = owned(set).filter(isActive);
    const ordinals = mine.map(({ metadata }) => Number(metadata.name!.slice(set.metadata.name!.length + 1)));
    expect(new Set(ordinals).size === ordinals.length, `${nameOf(set)} has one ordinal twice`);
    expect(
      ordinals.every((ordinal) => ordinal < set.spec.replicas!),
      `${nameOf(set)} has ordinals ${ordinals} for ${set.spec.replicas}`,
    );
    // A pod that cannot be made or placed holds up those after it.
    const stuck = quotas.length > 0 || mine.some((pod) => !isReady(pod));
    expect(
      stuck || mine.length === set.spec.replicas,
      `${nameOf(set)} has ${mine.length} pods for ${set.spec.replicas}`,
    );
  }
  const nodes = await items(NODES);
  for (const set of await items(DAEMON_SETS)) {
    const mine = owned(set).filter(isActive);
    const places = mine.map(({ spec }) => spec.nodeName ?? '');
    const bound = places.filter((name) => name !== '');
    expect(new Set(bound).size === bound.length, `${nameOf(set)} has two pods on one node`);
    expect(
      quotas.length > 0 || mine.length === nodes.length,
      `${nameOf(set)} has ${mine.length} pods for ${nodes.length} nodes`,
    );
  }

  // Jobs.
  for (const job of await items(JOBS)) {
    const mine = owned(job);
    const active = mine.filter(isActive);
    const { conditions = [], succeeded = 0, uncountedTerminatedPods } = job.status ?? {};
    const finished = conditions.some(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    );
    expect(!finished || active.length === 0, `${nameOf(job)} has ended and has ${active.length} active pods`);
    expect(
      succeeded <= job.spec.completions!,
      `${nameOf(job)} has succeeded ${succeeded} times of ${job.spec.completions}`,
    );
    expect(active.length <= job.spec.parallelism!, `${nameOf(job)} has ${active.length} active pods at once`);
    const uncounted = Object.values(uncountedTerminatedPods ?? {}).flat().length;
    expect(uncounted === 0, `${nameOf(job)} has ${uncounted} pods to count`);
    for (const pod of mine)
      expect(
        isActive(pod) === (pod.metadata.finalizers?.includes(TRACKING) ?? false),
        `${nameOf(pod)} of ${nameOf(job)}: finalizers ${pod.metadata.finalizers}, phase ${pod.status?.phase}`,
      );
    if (job.spec.completionMode !== 'Indexed') continue;
    const indexes = active.map(({ metadata }) => metadata.annotations![INDEX]);
    expect(new Set(indexes).size === indexes.length, `${nameOf(job)} has two active pods for one index`);
  }

  // Endpoints.
  const slices = await items(ENDPOINT_SLICES);
  for (const service of await items(SERVICES)) {
    if (!service.spec.selector) continue;
    const selector = selectorFromSet(service.spec.selector);
    const want = pods
      .filter((pod) => isActive(pod) && pod.status?.podIP && selector.matches(pod.metadata.labels))
      .filter((pod) => service.spec.publishNotReadyAddresses || isReady(pod))
      .map((pod) => pod.status!.podIP!);
    const have = slices
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready)
      .flatMap(({ addresses }) => addresses);
    expect(
      want.sort().join() === have.sort().join(),
      `${nameOf(service)} has endpoints ${have}, ready are ${want}`,
    );
  }

  // Quotas.
  for (const quota of quotas) {
    for (const [name, used] of Object.entries(quota.status?.used ?? {})) {
      let sum = parseQuantity('0');
      for (const type of [PODS, PERSISTENT_VOLUME_CLAIMS, JOBS] as ResourceType[])
        for (const object of await items(type)) {
          const amount = usageOf(object, type)[name];
          if (amount && isInScope(quota, object, type)) sum = addQuantities(sum, amount);
        }
      expect(
        formatQuantity(sum) === used,
        `${nameOf(quota)} says ${used} of ${name}, there are ${formatQuantity(sum)}`,
      );
    }
    expect(
      JSON.stringify(quota.status?.hard) === JSON.stringify(quota.spec?.hard),
      `${nameOf(quota)} has not been looked at`,
    );
  }

  // Volumes.
  const volumes = await items(PERSISTENT_VOLUMES);
  const claims = await items(PERSISTENT_VOLUME_CLAIMS);
  for (const claim of claims) {
    const mine = volumes.filter(({ spec }) => spec.claimRef?.uid === claim.metadata.uid);
    expect(mine.length <= 1, `${nameOf(claim)} has ${mine.length} volumes`);
    const bound = claim.status?.phase === 'Bound';
    expect(
      bound === (mine.length === 1 && mine[0]!.metadata.name === claim.spec.volumeName),
      `${nameOf(claim)} is ${claim.status?.phase} with ${mine.length} volumes`,
    );
  }
  for (const volume of volumes)
    expect(
      claims.some(({ metadata }) => metadata.uid === volume.spec.claimRef?.uid),
      `${nameOf(volume)} is left over, ${volume.status?.phase}`,
    );

  // Places.
  for (const node of nodes) {
    const here = pods.filter((pod) => pod.spec.nodeName === node.metadata.name && isActive(pod));
    const asked = here.reduce(
      (sum, pod) => sum + quantityMilliValue(pod.spec.containers[0]!.resources?.requests?.['cpu'] ?? 0),
      0,
    );
    expect(
      asked <= quantityMilliValue(node.status!.allocatable!['cpu']!),
      `${nameOf(node)} is given ${asked} millicores`,
    );
  }
  for (const pod of pods)
    expect(
      !pod.spec.nodeName || nodes.some(({ metadata }) => metadata.name === pod.spec.nodeName),
      `${nameOf(pod)} is on a node that is not there`,
    );
  return broken;
}
