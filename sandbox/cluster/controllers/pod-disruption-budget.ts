/**
 * PodDisruptionBudgets (`pkg/controller/disruption`): how many pods may be evicted at this moment. The
 * eviction itself is the API server's. Left out: forgetting evictions that never ended in a deletion.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { scaledValue } from '../api/int-or-string.ts';
import { selectorOf } from '../api/labels.ts';
import { controllerOf, keyOf, type KubernetesObject } from '../api/object.ts';
import type { Client } from '../client/client.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { Condition, Pod, PodDisruptionBudget } from '../client/kinds.ts';
import {
  DEPLOYMENTS,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  STATEFUL_SETS,
  type ResourceType,
} from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { findCondition } from './conditions.ts';
import { resolveController, type ControllerContext } from './controller.ts';
import { deepEqual } from './equality.ts';
import { isPodReady, isPodTerminal } from './pod.ts';

export function startPodDisruptionBudgetController(context: ControllerContext): Disposable {
  return new DisruptionController(context);
}

type Scaled = KubernetesObject<{ replicas?: number }>;

class DisruptionController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  /** What may control a pod, and what may control that, from the bottom up. */
  readonly #workloads: Informer<Scaled>[];
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    const { informers } = context;
    this.#clock = context.clock;
    this.#client = context.client('disruption-controller');
    this.#budgets = informers.informer(POD_DISRUPTION_BUDGETS);
    this.#budgets.addIndex('namespace', byNamespace);
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('namespace', byNamespace);
    const types: ResourceType<Scaled>[] = [REPLICA_SETS, STATEFUL_SETS, DEPLOYMENTS];
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
    const { expectedPods, desiredHealthy } = this.#wanted(budget, pods);
    const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
    const status = {
      ...budget.status,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      disruptionsAllowed,
      observedGeneration: budget.metadata.generation,
      conditions: [this.#condition(budget, disruptionsAllowed > 0)],
    };
    if (deepEqual(budget.status, status)) return;
    await this.#client.updateStatus(POD_DISRUPTION_BUDGETS, { ...budget, status });
  }

  /** How many pods there should be by their controllers, and how many of them have to be healthy. */
  #wanted(
    { spec }: PodDisruptionBudget,
    pods: readonly Pod[],
  ): { expectedPods: number; desiredHealthy: number } {
    const { minAvailable, maxUnavailable } = spec;
    if (maxUnavailable !== undefined) {
      const expectedPods = this.#expected(pods);
      const desired = expectedPods - scaledValue(maxUnavailable, expectedPods, true);
      return { expectedPods, desiredHealthy: Math.max(0, desired) };
    }
    if (typeof minAvailable === 'string') {
      const expectedPods = this.#expected(pods);
      return { expectedPods, desiredHealthy: scaledValue(minAvailable, expectedPods, true) };
    }
    return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 0 };
  }

  #expected(pods: readonly Pod[]): number {
    const replicas = new Map<string, number>();
    for (const pod of pods) {
      let owner: KubernetesObject = pod;
      for (let above; (above = this.#controllerOf(owner));) owner = above;
      if (owner !== pod) replicas.set(owner.metadata.uid!, owner.spec?.replicas ?? 0);
    }
    return [...replicas.values()].reduce((sum, count) => sum + count, 0);
  }

  #controllerOf(object: KubernetesObject): Scaled | undefined {
    for (const informer of this.#workloads) {
      const found = resolveController(informer, object.metadata.namespace, controllerOf(object));
      if (found) return found;
    }
    return undefined;
  }

  #condition({ metadata, status }: PodDisruptionBudget, allowed: boolean): Condition {
    const state = allowed ? 'True' : 'False';
    const current = findCondition(status?.conditions, 'DisruptionAllowed');
    return {
      type: 'DisruptionAllowed',
      status: state,
      observedGeneration: metadata.generation,
      lastTransitionTime:
        current?.status === state ? current.lastTransitionTime : timestamp(this.#clock.now()),
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
  }
}
