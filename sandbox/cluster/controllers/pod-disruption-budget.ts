/**
 * PodDisruptionBudgets (`pkg/controller/disruption`): how many pods may be evicted at this moment. The
 * eviction itself is the API server's. Left out: forgetting evictions that never ended in a deletion.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { scaledValue } from '../api/int-or-string.ts';
import { goSyntaxOf, selectorOf } from '../api/labels.ts';
import { controllerOf, keyOf, type KubernetesObject, type OwnerReference } from '../api/object.ts';
import { isStatus, type StatusError } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { Condition, Pod, PodDisruptionBudget } from '../client/kinds.ts';
import {
  apiVersionOf,
  DEPLOYMENTS,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  type ResourceType,
} from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { findCondition } from './conditions.ts';
import { resolveController, type ControllerContext } from './controller.ts';
import { deepEqual } from '../api/equality.ts';
import { isPodReady, isPodTerminal } from './pod.ts';

export function startPodDisruptionBudgetController(context: ControllerContext): Disposable {
  return new DisruptionController(context);
}

type Scaled = KubernetesObject<{ replicas?: number }>;

class DisruptionController implements Disposable {
  readonly #context: ControllerContext;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  /** What may control a pod, and what may control that, from the bottom up. */
  readonly #workloads: Informer<Scaled>[];
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    const { informers } = context;
    this.#clock = context.clock;
    this.#context = context;
    this.#client = context.client('disruption-controller');
    this.#recorder = context.recorder('controllermanager', this.#client);
    this.#budgets = informers.informer(POD_DISRUPTION_BUDGETS);
    this.#budgets.addIndex('namespace', byNamespace);
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('namespace', byNamespace);
    const types: ResourceType<Scaled>[] = [
      REPLICA_SETS,
      REPLICATION_CONTROLLERS as ResourceType as ResourceType<Scaled>,
      STATEFUL_SETS,
      DEPLOYMENTS,
    ];
    this.#workloads = types.map((type) => informers.informer(type));
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('disruption', key, error),
      }),
    );
    this.#resources.add(
      this.#budgets.addHandler({
        add: (budget) => this.#queue.add(keyOf(budget)),
        update: (_before, budget) => this.#queue.add(keyOf(budget)),
      }),
    );
    const inNamespace = ({ metadata }: KubernetesObject) => {
      for (const budget of this.#budgets.indexed('namespace', metadata.namespace!)) {
        this.#queue.add(keyOf(budget));
      }
    };
    const handler = {
      add: inNamespace,
      update: (_before: KubernetesObject, after: KubernetesObject) => inNamespace(after),
      delete: inNamespace,
    };
    this.#resources.add(this.#pods.addHandler(handler));
    for (const informer of this.#workloads) this.#resources.add(informer.addHandler(handler));
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const budget = this.#budgets.get(key);
    if (!budget || budget.metadata.deletionTimestamp !== undefined) return;
    const selector = selectorOf(budget.spec.selector);
    const pods = [...this.#pods.indexed('namespace', budget.metadata.namespace!)].filter(
      (pod) => selector.matches(pod.metadata.labels) && !isPodTerminal(pod),
    );
    const currentHealthy = pods.filter(
      (pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined,
    ).length;
    if (pods.length === 0) this.#recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    let wanted: { expectedPods: number; desiredHealthy: number };
    try {
      wanted = await this.#wanted(budget, pods);
    } catch (error) {
      return this.#failSafe(budget, (error as Error).message);
    }
    const { expectedPods, desiredHealthy } = wanted;
    const counted = budget.spec.maxUnavailable !== undefined || typeof budget.spec.minAvailable === 'string';
    if (counted && pods.some((pod) => !controllerOf(pod))) {
      const message = `Pods selected by this PodDisruptionBudget (selector: ${goSyntaxOf(budget.spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
      this.#recorder.event(budget, 'Warning', 'UnmanagedPods', message);
    }
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const status = {
      ...budget.status,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed,
      observedGeneration: budget.metadata.generation,
      conditions: [this.#condition(budget, disruptionsAllowed > 0, budget.metadata.generation)],
    };
    if (deepEqual(budget.status, status)) return;
    await this.#client.updateStatus(POD_DISRUPTION_BUDGETS, { ...budget, status });
  }

  /** How many pods there should be by their controllers, and how many of them have to be healthy. */
  async #wanted(
    { spec }: PodDisruptionBudget,
    pods: readonly Pod[],
  ): Promise<{ expectedPods: number; desiredHealthy: number }> {
    const { minAvailable, maxUnavailable } = spec;
    if (maxUnavailable !== undefined) {
      const expectedPods = await this.#expected(pods);
      const desired = expectedPods - scaledValue(maxUnavailable, expectedPods, true);
      return { expectedPods, desiredHealthy: Math.max(0, desired) };
    }
    if (typeof minAvailable === 'string') {
      const expectedPods = await this.#expected(pods);
      return { expectedPods, desiredHealthy: scaledValue(minAvailable, expectedPods, true) };
    }
    return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 0 };
  }

  async #expected(pods: readonly Pod[]): Promise<number> {
    const replicas = new Map<string, number>();
    for (const pod of pods) {
      let owner: KubernetesObject = pod;
      for (let above; (above = this.#controllerOf(owner));) owner = above;
      if (owner !== pod) replicas.set(owner.metadata.uid!, owner.spec?.replicas ?? 0);
      else {
        const reference = controllerOf(pod);
        if (!reference || replicas.has(reference.uid)) continue;
        replicas.set(reference.uid, await this.#scaleOf(reference, pod.metadata.namespace!));
      }
    }
    return [...replicas.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The replicas of a controller of a kind that is not known here, custom ones included. */
  async #scaleOf({ apiVersion, kind, name }: OwnerReference, namespace: string): Promise<number> {
    const type = this.#context
      .resources()
      .find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
    if (!type) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
    try {
      const scale = await this.#client.get(type, { namespace, name }, { subresource: 'scale' });
      return scale.spec?.replicas ?? 0;
    } catch (error) {
      if (!isStatus(error, 'NotFound') || (error as StatusError).status.details?.name === name) throw error;
      throw new Error(`${type.resource}.${type.group} does not implement the scale subresource`, {
        cause: error,
      });
    }
  }

  /** Nothing may be evicted as long as nobody knows how many pods there should be. */
  async #failSafe(budget: PodDisruptionBudget, message: string): Promise<void> {
    const told = `Failed to calculate the number of expected pods: ${message}`;
    this.#recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', told);
    const failed = {
      ...this.#condition(budget, false, budget.status?.observedGeneration),
      reason: 'SyncFailed',
      message,
    };
    const before = budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
    const status = { ...before, disruptionsAllowed: 0, conditions: [failed] };
    if (!deepEqual(budget.status, status))
      await this.#client.updateStatus(POD_DISRUPTION_BUDGETS, { ...budget, status });
  }

  #controllerOf(object: KubernetesObject): Scaled | undefined {
    for (const informer of this.#workloads) {
      const found = resolveController(informer, object.metadata.namespace, controllerOf(object));
      if (found) return found;
    }
    return undefined;
  }

  #condition(
    { status }: PodDisruptionBudget,
    allowed: boolean,
    observedGeneration: number | undefined,
  ): Condition {
    const state = allowed ? 'True' : 'False';
    const current = findCondition(status?.conditions, 'DisruptionAllowed');
    return {
      type: 'DisruptionAllowed',
      status: state,
      ...(observedGeneration ? { observedGeneration } : {}),
      lastTransitionTime:
        current?.status === state ? current.lastTransitionTime : timestamp(this.#clock.now()),
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
  }
}
