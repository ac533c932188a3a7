/**
 * Deployments (`pkg/controller/deployment`): rolling and recreating updates over ReplicaSets, revisions,
 * pausing, proportional scaling, the progress deadline. `kubectl rollout undo` writes an older template
 * into the Deployment and needs nothing here; rolling back by the long deprecated annotation is left out.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { selectorOf } from '../../api/labels.ts';
import { controllerOf, keyOf } from '../../api/object.ts';
import { byController, byNamespace, type Informer } from '../../client/informer.ts';
import type { Deployment, Pod, ReplicaSet } from '../../client/kinds.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { claim } from '../claim.ts';
import { resolveController, type ControllerContext } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { deadlineOf, hasProgressDeadline, isComplete, progressingOf } from './deployment-status.ts';
import { Rollout, type RolloutTools } from './rollout.ts';

/** Failures in a row after which a Deployment waits for its next change. */
const MAX_RETRIES = 5;

export function startDeploymentController(context: ControllerContext): Disposable {
  return new DeploymentController(context);
}

class DeploymentController implements Disposable {
  readonly #tools: RolloutTools;
  readonly #deployments: Informer<Deployment>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    const { informers } = context;
    const client = context.client('deployment-controller');
    this.#tools = {
      clock: context.clock,
      client,
      recorder: context.recorder('deployment-controller', client),
      pods: informers.informer(PODS),
      replicaSets: informers.informer(REPLICA_SETS),
    };
    const { pods, replicaSets } = this.#tools;
    this.#deployments = informers.informer(DEPLOYMENTS);
    this.#deployments.addIndex('namespace', byNamespace);
    pods.addIndex('controller', byController);
    replicaSets.addIndex('namespace', byNamespace);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        maxRetries: MAX_RETRIES,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('deployment', key, error),
      }),
    );
    const enqueue = (deployment: Deployment | undefined) => {
      if (deployment) this.#queue.add(keyOf(deployment));
    };
    this.#resources.add(
      this.#deployments.addHandler({
        add: enqueue,
        update: (_before, deployment) => enqueue(deployment),
        delete: enqueue,
      }),
    );
    this.#resources.add(
      replicaSets.addHandler({
        add: (set) => (controllerOf(set) ? enqueue(this.#ownerOf(set)) : this.#offer(set)),
        update: (before, set) => {
          const reowned = controllerOf(before)?.uid !== controllerOf(set)?.uid;
          if (reowned) enqueue(this.#ownerOf(before));
          if (controllerOf(set)) enqueue(this.#ownerOf(set));
          else if (reowned || !deepEqual(before.metadata.labels, set.metadata.labels)) this.#offer(set);
        },
        delete: (set) => enqueue(this.#ownerOf(set)),
      }),
    );
    // A Deployment that recreates goes on when the last of its old pods is gone.
    this.#resources.add(pods.addHandler({ delete: (pod) => enqueue(this.#recreatingOwnerOf(pod)) }));
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #ownerOf(set: ReplicaSet): Deployment | undefined {
    return resolveController(this.#deployments, set.metadata.namespace, controllerOf(set));
  }

  /** Lets every Deployment that selects an orphaned ReplicaSet look at it. */
  #offer(set: ReplicaSet): void {
    for (const deployment of this.#deployments.indexed('namespace', set.metadata.namespace!)) {
      const selector = selectorOf(deployment.spec.selector);
      if (!selector.empty && selector.matches(set.metadata.labels)) this.#queue.add(keyOf(deployment));
    }
  }

  #recreatingOwnerOf(pod: Pod): Deployment | undefined {
    const { pods, replicaSets } = this.#tools;
    const set = resolveController(replicaSets, pod.metadata.namespace, controllerOf(pod));
    const deployment = set && this.#ownerOf(set);
    if (deployment?.spec.strategy?.type !== 'Recreate') return undefined;
    for (const each of this.#owned(deployment)) {
      if (pods.indexed('controller', each.metadata.uid!).size > 0) return undefined;
    }
    return deployment;
  }

  #owned(deployment: Deployment): ReplicaSet[] {
    const owned: ReplicaSet[] = [];
    for (const set of this.#tools.replicaSets.indexed('namespace', deployment.metadata.namespace!)) {
      if (controllerOf(set)?.uid === deployment.metadata.uid) owned.push(set);
    }
    return owned;
  }

  async #reconcile(key: string): Promise<void> {
    const deployment = this.#deployments.get(key);
    if (!deployment) return;
    try {
      await this.#sync(deployment);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  async #sync(deployment: Deployment): Promise<void> {
    const { client, recorder, replicaSets } = this.#tools;
    const selector = selectorOf(deployment.spec.selector);
    if (selector.empty) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.';
      recorder.event(deployment, 'Warning', 'SelectingAll', message);
      return;
    }
    const owned = await claim(
      { client, ownerType: DEPLOYMENTS, owner: deployment, type: REPLICA_SETS, selector },
      [...replicaSets.indexed('namespace', deployment.metadata.namespace!)],
    );
    const rollout = new Rollout(this.#tools, deployment, owned);
    if (deployment.metadata.deletionTimestamp !== undefined) return rollout.reportStatus();
    await rollout.markPaused();
    if (deployment.spec.paused || (await rollout.isScaling())) return rollout.resize();
    if (deployment.spec.strategy?.type === 'Recreate') await rollout.recreate();
    else await rollout.rollingUpdate();
    this.#watchProgress(rollout.deployment);
  }

  /** Looks again when the progress deadline has passed, unless something changes before. */
  #watchProgress(deployment: Deployment): void {
    const progressing = progressingOf(deployment.status);
    if (!hasProgressDeadline(deployment) || !progressing) return;
    if (progressing.reason === 'ProgressDeadlineExceeded' || isComplete(deployment, deployment.status))
      return;
    const key = keyOf(deployment);
    const leftMs = deadlineOf(deployment, progressing) - this.#tools.clock.now();
    // A second more, for the condition's time has no fractions.
    if (leftMs < 1000) this.#queue.addRateLimited(key);
    else this.#queue.addAfter(key, leftMs + 1000);
  }
}
