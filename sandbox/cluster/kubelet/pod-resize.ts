/**
 * In-place resize: pkg/kubelet/allocation and the resize part of pkg/kubelet/kuberuntime. What the pod asks for is
 * allocated when the node has it, and then given to the containers, by their control group or by a restart.
 * Left out: the order among several pods that wait (by priority and age), and a memory limit below what is in use
 * being put off: it is set, and the container is out of memory.
 */
import type { Pod, PodCondition, ResourceRequirements } from '../client/kinds.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerRunner } from './container-runner.ts';
import type { NodeContext } from './node-context.ts';
import type { PodSandbox } from './pod-sandbox.ts';
import { podLimits, resourceLimits } from './resource-limits.ts';
import { amount, lackOf, requestsOf, RESOURCES, type Requests } from './resource-requests.ts';

/** What the kubelet says of a resize in the pod's conditions. */
export type ResizeCondition = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

/** A deferred resize is tried again this often; the real kubelet also does when a pod goes. */
const RETRY_MS = 180_000;

export interface ResizablePod {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly sandbox: PodSandbox | undefined;
  allocated: Requests;
  publish(): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  after(delayMs: number, callback: () => void): void;
}

export class PodResize {
  readonly #node: NodeContext;
  readonly #owner: ResizablePod;
  readonly #runner: ContainerRunner;
  #pending: ResizeCondition | undefined;
  #inProgress = false;
  /** Allocated, and not given to the containers yet. */
  #actuating = false;

  constructor(node: NodeContext, owner: ResizablePod, runner: ContainerRunner) {
    this.#node = node;
    this.#owner = owner;
    this.#runner = runner;
  }

  /** In the order in which they stand in front of the others. */
  get conditions(): ResizeCondition[] {
    const progress: ResizeCondition[] = this.#inProgress
      ? [{ type: 'PodResizeInProgress', status: 'True' }]
      : [];
    return this.#pending ? [this.#pending, ...progress] : progress;
  }

  /** The pod's description has changed, or room has been made: allocates what is asked for, if it can be had. */
  check(): void {
    const { pod, records } = this.#owner;
    const changed = records.filter(
      (record) => lasts(record) && !sameResources(record.spec.resources, record.resources),
    );
    if (changed.length === 0) {
      if (this.#pending) {
        this.#pending = undefined;
        this.#owner.publish();
      }
      return;
    }
    const refusal = this.#refusal(pod);
    if (refusal) return this.#refuse(refusal);
    this.#pending = undefined;
    for (const record of changed) record.resources = record.spec.resources;
    this.#owner.allocated = requestsOf(pod);
    this.#event('Normal', 'ResizeStarted', 'Pod resize started');
    this.#inProgress = true;
    this.#actuating = true;
    this.#owner.publish();
    // The next look at the pod's containers finds them as they now should not be.
    void this.#node.statuses.flushed(pod).then(() => this.#actuate(changed));
  }

  /** With every look at the pod: a resize is done when each container runs with what it was given. */
  settle(): void {
    if (!this.#inProgress || this.#actuating) return;
    if (this.#owner.records.some((record) => lasts(record) && record.running && !isActuated(record))) return;
    if (this.#owner.records.some(({ renewing }) => renewing)) return;
    this.#inProgress = false;
    this.#event('Normal', 'ResizeCompleted', 'Pod resize completed');
    this.#owner.publish();
  }

  #actuate(changed: ContainerRecord[]): void {
    const { sandbox, pod } = this.#owner;
    const { cpuLimit = Infinity, memoryLimitBytes = Infinity } = podLimits(pod);
    if (sandbox) {
      sandbox.controlGroup.cpuLimit = cpuLimit;
      sandbox.controlGroup.memoryLimitBytes = memoryLimitBytes;
    }
    for (const record of changed) if (record.running) this.#actuateOne(record);
    this.#actuating = false;
    this.settle();
  }

  #actuateOne(record: ContainerRecord): void {
    const { spec, actuated } = record;
    const restart = RESOURCES.some(
      (resource) =>
        !sameResource(resource, actuated, record.resources) &&
        spec.resizePolicy?.find(({ resourceName }) => resourceName === resource)?.restartPolicy ===
          'RestartContainer',
    );
    if (restart) {
      this.#runner.renew(record, `Container ${spec.name} resize requires restart`);
      return;
    }
    const { cpuLimit = Infinity, memoryLimitBytes = Infinity } = resourceLimits(record.resources);
    const { controlGroup } = record.current!.init;
    controlGroup.cpuLimit = cpuLimit;
    controlGroup.memoryLimitBytes = memoryLimitBytes;
    // A write to memory.max below what is in use ends in an out-of-memory kill.
    controlGroup.reclaim();
    record.actuated = record.resources;
  }

  /** Why the node cannot give what the pod asks for. */
  #refusal(pod: Pod): { reason: 'Infeasible' | 'Deferred'; message: string } | undefined {
    const { allocatable, allocated } = this.#node;
    const wanted = requestsOf(pod);
    for (const resource of RESOURCES) {
      const capacity = amount(resource, allocatable[resource] ?? '0');
      if (wanted[resource] > capacity)
        return {
          reason: 'Infeasible',
          message: `Node didn't have enough capacity: ${resource}, requested: ${wanted[resource]}, capacity: ${capacity}`,
        };
    }
    const message = lackOf(wanted, allocated(pod.metadata.uid!), allocatable);
    return message === undefined ? undefined : { reason: 'Deferred', message };
  }

  #refuse({ reason, message }: { reason: 'Infeasible' | 'Deferred'; message: string }): void {
    const same = this.#pending?.message === message;
    this.#pending = { type: 'PodResizePending', status: 'True', reason, message };
    if (!same) this.#event('Warning', `Resize${reason}`, `Pod resize ${reason}`, message);
    this.#owner.publish();
    if (reason === 'Deferred') this.#owner.after(RETRY_MS, () => this.check());
  }

  #event(type: 'Normal' | 'Warning', reason: string, text: string, error?: string): void {
    const { pod } = this.#owner;
    const containers = pod.spec.containers.map(({ name, resources }) => ({
      name,
      resources: inOrder(resources),
    }));
    const details = {
      containers,
      generation: pod.metadata.generation,
      ...(error === undefined ? {} : { error }),
    };
    this.#owner.event(type, reason, `${text}: ${JSON.stringify(details)}`);
  }
}

/** As the real kubelet writes it: fields and keys in their order. */
function inOrder({ limits, requests }: ResourceRequirements = {}): ResourceRequirements {
  const sorted = (list: ResourceRequirements['limits']) =>
    Object.fromEntries(Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...(limits ? { limits: sorted(limits) } : {}),
    ...(requests ? { requests: sorted(requests) } : {}),
  };
}

const isActuated = ({ actuated, resources }: ContainerRecord): boolean => sameResources(actuated, resources);

const lasts = ({ kind }: ContainerRecord): boolean => kind === 'main' || kind === 'sidecar';

function sameResource(
  resource: 'cpu' | 'memory',
  a: ResourceRequirements | undefined,
  b: ResourceRequirements | undefined,
): boolean {
  const same = (left: string | number | undefined, right: string | number | undefined) =>
    left === undefined || right === undefined
      ? left === right
      : amount(resource, left) === amount(resource, right);
  return (
    same(a?.requests?.[resource], b?.requests?.[resource]) &&
    same(a?.limits?.[resource], b?.limits?.[resource])
  );
}

const sameResources = (a: ResourceRequirements | undefined, b: ResourceRequirements | undefined): boolean =>
  a === b || RESOURCES.every((resource) => sameResource(resource, a, b));
