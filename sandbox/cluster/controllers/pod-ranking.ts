/**
 * Which pods a ReplicaSet gives up first when it scales down: `ActivePodsWithRanks` of
 * `controller_utils.go`, with logarithmic ages.
 */
import type { Pod } from '../client/kinds.ts';
import { isPodReady, readySince } from './pod.ts';

const PHASES: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Cheap to delete first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Orders `pods` for deletion, first to go first: not bound before bound, Pending before Running, not ready
 * before ready, lower deletion cost, more related pods on its node, ready for a shorter time, more
 * restarts, younger. Ages count by powers of two; equal ones are decided by uid.
 */
export function rankForDeletion(
  pods: Iterable<Pod>,
  relatedOnNode: (nodeName: string) => number,
  nowMs: number,
): Pod[] {
  return [...pods]
    .map((pod) => new Candidate(pod, relatedOnNode(pod.spec.nodeName ?? '')))
    .sort((a, b) => a.compare(b, nowMs))
    .map((candidate) => candidate.pod);
}

class Candidate {
  readonly pod: Pod;
  readonly bound: boolean;
  readonly phase: number;
  readonly ready: boolean;
  readonly cost: number;
  readonly related: number;
  readonly readySinceMs: number;
  readonly restarts: number;
  readonly sidecarRestarts: number;
  readonly createdMs: number;

  constructor(pod: Pod, related: number) {
    this.pod = pod;
    this.bound = pod.spec.nodeName !== undefined && pod.spec.nodeName !== '';
    this.phase = PHASES[pod.status?.phase ?? ''] ?? 0;
    this.ready = isPodReady(pod);
    this.cost = deletionCost(pod);
    this.related = related;
    this.readySinceMs = readySince(pod) ?? 0;
    const sidecars = new Set(
      pod.spec.initContainers?.filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
    );
    this.restarts = most(pod.status?.containerStatuses?.map((status) => status.restartCount));
    this.sidecarRestarts = most(
      pod.status?.initContainerStatuses?.filter((s) => sidecars.has(s.name)).map((s) => s.restartCount),
    );
    this.createdMs = pod.metadata.creationTimestamp ? Date.parse(pod.metadata.creationTimestamp) : 0;
  }

  /** Negative when this one goes first. */
  compare(other: Candidate, nowMs: number): number {
    if (this.bound !== other.bound) return this.bound ? 1 : -1;
    if (this.phase !== other.phase) return this.phase - other.phase;
    if (this.ready !== other.ready) return this.ready ? 1 : -1;
    if (this.cost !== other.cost) return this.cost - other.cost;
    if (this.related !== other.related) return other.related - this.related;
    if (this.ready && this.readySinceMs !== other.readySinceMs) {
      return compareAges(this.readySinceMs, other.readySinceMs, nowMs) || this.#byUid(other);
    }
    if (this.restarts !== other.restarts) return other.restarts - this.restarts;
    if (this.sidecarRestarts !== other.sidecarRestarts) return other.sidecarRestarts - this.sidecarRestarts;
    if (this.createdMs !== other.createdMs) {
      return compareAges(this.createdMs, other.createdMs, nowMs) || this.#byUid(other);
    }
    return 0;
  }

  #byUid(other: Candidate): number {
    return this.pod.metadata.uid! < other.pod.metadata.uid! ? -1 : 1;
  }
}

/** By the integer part of the logarithm of the ages in nanoseconds: the younger first, about equal is 0. */
function compareAges(a: number, b: number, nowMs: number): number {
  return logarithm(nowMs - a) - logarithm(nowMs - b);
}

const logarithm = (ageMs: number) => (ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1);

const most = (counts: number[] | undefined) => (counts ? Math.max(0, ...counts) : 0);

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  return text !== undefined && /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}
