/** Whether an add-on works: what of its workloads is not ready yet, and which images cannot be had. */

interface Metadata {
  name: string;
  namespace?: string;
  generation?: number;
  deletionTimestamp?: string;
}

interface Condition {
  type: string;
  status: string;
}

export interface Workload {
  metadata: Metadata;
  spec?: { replicas?: number };
  status?: {
    observedGeneration?: number;
    conditions?: Condition[];
    updatedReplicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
  };
}

interface ContainerStatus {
  image: string;
  state?: { waiting?: { reason?: string; message?: string } };
}

export interface PodObject {
  metadata: Metadata;
  status?: {
    phase?: string;
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

/** What there is of an add-on in the cluster. */
export interface AddOnState {
  definitions: readonly Workload[];
  deployments: readonly Workload[];
  statefulSets: readonly Workload[];
  daemonSets: readonly Workload[];
  pods: readonly PodObject[];
}

/** What is not ready, each in words: `deployment istiod: 0 of 1`. None: the add-on is. */
export function unready(state: AddOnState): string[] {
  const { definitions, deployments, statefulSets, daemonSets } = state;
  const replicas = (kind: string, workloads: readonly Workload[]) =>
    workloads.flatMap((workload) => {
      const { spec = {}, status = {} } = workload;
      const wanted = spec.replicas ?? 1;
      const ready = Math.min(status.availableReplicas ?? 0, status.updatedReplicas ?? 0);
      return shortOf(kind, workload, ready, wanted);
    });
  return [
    ...definitions.flatMap(({ metadata, status }) =>
      status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True')
        ? []
        : [`customresourcedefinition ${metadata.name}: not established`],
    ),
    ...replicas('deployment', deployments),
    ...replicas('statefulset', statefulSets),
    ...daemonSets.flatMap((workload) => {
      const { status = {} } = workload;
      const ready = Math.min(status.numberAvailable ?? 0, status.updatedNumberScheduled ?? 0);
      return shortOf('daemonset', workload, ready, status.desiredNumberScheduled ?? 1);
    }),
  ];
}

function shortOf(kind: string, { metadata, status }: Workload, ready: number, wanted: number): string[] {
  const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
  return seen && ready >= wanted ? [] : [`${kind} ${metadata.name}: ${seen ? ready : 0} of ${wanted}`];
}

/** The reasons of a kubelet that cannot have an image. */
const PULL_REASONS = ['ErrImagePull', 'ImagePullBackOff'];
/** Those that no second try changes. */
const HOPELESS_REASONS = ['ErrImageNeverPull', 'InvalidImageName'];

export interface ImageTrouble {
  image: string;
  /** As the kubelet says it. */
  why: string;
  /** No second try will help. */
  hopeless: boolean;
}

/** Images that pods wait for in vain, each once. */
export function imageTroubles({ pods }: AddOnState): ImageTrouble[] {
  const troubles = new Map<string, ImageTrouble>();
  for (const { image, state } of statusesOf(pods)) {
    const { reason = '', message } = state?.waiting ?? {};
    const hopeless = HOPELESS_REASONS.includes(reason);
    if (!hopeless && !PULL_REASONS.includes(reason)) continue;
    troubles.set(image, { image, why: message ?? reason, hopeless });
  }
  return [...troubles.values()];
}

/** Why containers wait that were started and do not stay, for a message. */
export function crashes({ pods }: AddOnState): string[] {
  return pods.flatMap((pod) =>
    statusesOf([pod]).flatMap(({ state }) =>
      state?.waiting?.reason === 'CrashLoopBackOff' ? [`pod ${pod.metadata.name}: CrashLoopBackOff`] : [],
    ),
  );
}

const statusesOf = (pods: readonly PodObject[]): ContainerStatus[] =>
  pods
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ]);
