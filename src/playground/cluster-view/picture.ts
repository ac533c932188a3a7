/**
 * The picture of a cluster as plain values: who owns which pods, on which node they run, which Services reach
 * them. Computed from the informers' objects; the components only draw it.
 */
import { controllerOf, keyOf, type KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import type {
  Deployment,
  EndpointSlice,
  Node,
  Pod,
  ReplicaSet,
  Service,
} from '../../../sandbox/cluster/client/kinds.ts';
import { podState, type PodState } from './pod-state.ts';

export interface ClusterObjects {
  nodes: Iterable<Node>;
  pods: Iterable<Pod>;
  deployments: Iterable<Deployment>;
  replicaSets: Iterable<ReplicaSet>;
  services: Iterable<Service>;
  endpointSlices: Iterable<EndpointSlice>;
}

export interface Picture {
  owners: OwnerPicture[];
  nodes: NodePicture[];
  services: ServicePicture[];
  podCount: number;
}

/** A Deployment with its ReplicaSets, or whatever else controls pods. */
export interface OwnerPicture {
  /** `kind/namespace/name`; connects to `PodPicture.owner`. */
  id: string;
  kind: string;
  name: string;
  /** Undefined where the view does not follow the kind (a Job, a StatefulSet). */
  object: KubernetesObject | undefined;
  ready: number;
  /** Undefined where nobody says how many there should be. */
  desired: number | undefined;
  replicaSets: { id: string; name: string; object: ReplicaSet; ready: number; desired: number }[];
}

export interface NodePicture {
  /** Empty for pods that have no node yet. */
  name: string;
  ready: boolean;
  object: Node | undefined;
  pods: PodPicture[];
}

export interface PodPicture extends PodState {
  id: string;
  /** What distinguishes it from its siblings: the name without its owner's. */
  shortName: string;
  /** Its label `version`, by which a mesh tells what answered. */
  version: string | undefined;
  object: Pod;
  /** Of the ReplicaSet or other controller; undefined for a pod on its own. */
  owner: string | undefined;
}

export interface ServicePicture {
  id: string;
  name: string;
  ports: string;
  object: Service;
  /** Ids of pods that get its traffic. */
  pods: string[];
}

/** What Kubernetes and its add-ons run themselves is not what the lesson is about. */
const SYSTEM_NAMESPACES = new Set([
  'istio-system',
  'knative-eventing',
  'knative-serving',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'local-path-storage',
]);

/** Whether the lesson is about it. */
export const own = (object: KubernetesObject) =>
  !SYSTEM_NAMESPACES.has(object.metadata.namespace ?? '') &&
  !(object.metadata.namespace === 'default' && object.metadata.name === 'kubernetes');

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);

export function clusterPicture(objects: ClusterObjects): Picture {
  const replicaSets = new Map([...objects.replicaSets].filter(own).map((set) => [set.metadata.uid, set]));
  const owners = new Map<string, OwnerPicture>();
  for (const deployment of objects.deployments) {
    if (!own(deployment)) continue;
    owners.set(deployment.metadata.uid!, {
      id: `Deployment/${keyOf(deployment)}`,
      kind: 'Deployment',
      name: deployment.metadata.name!,
      object: deployment,
      ready: deployment.status?.readyReplicas ?? 0,
      desired: deployment.spec.replicas,
      replicaSets: [],
    });
  }

  const pods: PodPicture[] = [];
  const setsWithPods = new Set<string>();
  const readyPods = new Map<string, number>();
  for (const pod of objects.pods) {
    if (!own(pod)) continue;
    const picture = podPicture(pod);
    pods.push(picture);
    const controller = controllerOf(pod);
    if (!controller) continue;
    setsWithPods.add(controller.uid);
    if (picture.mark === 'ready') readyPods.set(controller.uid, (readyPods.get(controller.uid) ?? 0) + 1);
    if (!replicaSets.has(controller.uid) && !owners.has(controller.uid)) {
      owners.set(controller.uid, {
        id: picture.owner!,
        kind: controller.kind,
        name: controller.name,
        object: undefined,
        ready: 0,
        desired: undefined,
        replicaSets: [],
      });
    }
  }
  for (const [uid, ready] of readyPods) {
    const owner = owners.get(uid);
    if (owner && !owner.object) owner.ready = ready;
  }

  for (const set of replicaSets.values()) {
    const desired = set.spec.replicas ?? 1;
    // A Deployment keeps its old ReplicaSets for a way back; empty ones are history, not the picture.
    if (desired === 0 && !setsWithPods.has(set.metadata.uid!)) continue;
    const controller = controllerOf(set);
    const deployment = controller && owners.get(controller.uid);
    const entry = {
      id: `ReplicaSet/${keyOf(set)}`,
      name: set.metadata.name!,
      object: set,
      ready: set.status?.readyReplicas ?? 0,
      desired,
    };
    if (deployment) deployment.replicaSets.push(entry);
    else owners.set(set.metadata.uid!, { ...entry, kind: 'ReplicaSet', replicaSets: [] });
  }
  for (const owner of owners.values()) owner.replicaSets.sort(byName);

  return {
    owners: [...owners.values()].sort(byName),
    nodes: nodesWith(pods, objects.nodes),
    services: services(objects),
    podCount: pods.length,
  };
}

const podPictures = new WeakMap<Pod, PodPicture>();

/** The same value for the same object, so that what has not changed is not drawn again. */
function podPicture(pod: Pod): PodPicture {
  let picture = podPictures.get(pod);
  if (picture) return picture;
  const controller = controllerOf(pod);
  const name = pod.metadata.name!;
  const prefix = controller && `${controller.name}-`;
  picture = {
    ...podState(pod),
    id: `Pod/${keyOf(pod)}`,
    shortName: prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name,
    version: pod.metadata.labels?.['version'],
    object: pod,
    owner: controller && `${controller.kind}/${pod.metadata.namespace}/${controller.name}`,
  };
  podPictures.set(pod, picture);
  return picture;
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

function nodesWith(pods: PodPicture[], objects: Iterable<Node>): NodePicture[] {
  const nodes = new Map<string, NodePicture>();
  for (const node of objects) {
    const ready = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    nodes.set(node.metadata.name!, {
      name: node.metadata.name!,
      ready: ready ?? false,
      object: node,
      pods: [],
    });
  }
  for (const pod of pods) {
    const name = pod.object.spec.nodeName ?? '';
    let node = nodes.get(name);
    if (!node) {
      // Not scheduled yet, or on a node that is gone.
      node = { name, ready: false, object: undefined, pods: [] };
      nodes.set(name, node);
    }
    node.pods.push(pod);
  }
  for (const node of nodes.values()) node.pods.sort(byId);
  return [...nodes.values()].sort((a, b) => Number(a.name === '') - Number(b.name === '') || byName(a, b));
}

function services({ services, endpointSlices }: ClusterObjects): ServicePicture[] {
  const endpoints = new Map<string, Set<string>>();
  for (const slice of endpointSlices) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (!service) continue;
    const key = `${slice.metadata.namespace}/${service}`;
    const pods = endpoints.get(key) ?? new Set();
    for (const endpoint of slice.endpoints ?? []) {
      const { targetRef } = endpoint;
      // No condition means ready (EndpointConditions).
      if (endpoint.conditions?.ready === false || targetRef?.kind !== 'Pod') continue;
      pods.add(`Pod/${targetRef.namespace ?? slice.metadata.namespace}/${targetRef.name}`);
    }
    endpoints.set(key, pods);
  }
  return [...services]
    .filter(own)
    .map((service) => ({
      id: `Service/${keyOf(service)}`,
      name: service.metadata.name!,
      ports: (service.spec.ports ?? []).map(({ port }) => port).join(', '),
      object: service,
      pods: [...(endpoints.get(keyOf(service)) ?? [])],
    }))
    .sort(byName);
}
