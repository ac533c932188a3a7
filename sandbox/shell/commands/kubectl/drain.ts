/**
 * `kubectl drain` (`kubectl/pkg/drain`): marks nodes as unschedulable and evicts their pods, which respects
 * disruption budgets, or deletes them.
 */
import { formatDuration } from '../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunSuffix } from './dry-run.ts';
import { CommandError, VerbatimError } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import type { DryRun } from './printers/output.ts';
import { findAll } from './resource-builder.ts';
import { setSchedulable } from './schedulable.ts';
import { SELECTOR_FLAG } from './selection-flags.ts';

const RETRY_MS = 5000;
const POLL_MS = 1000;
const MIRROR = 'kubernetes.io/config.mirror';

export const command: Command = {
  use: 'NODE',
  short: 'Drain node in preparation for maintenance',
  long: 'The node is marked as unschedulable, then its pods are evicted: as graceful as their grace periods and no faster than their disruption budgets allow. Pods of DaemonSets stay, since they would be made again at once.',
  examples: [
    ['Also pods that nothing will make again', 'kubectl drain foo --force'],
    ['As above, with 15 minutes for each pod to end', 'kubectl drain foo --grace-period=900'],
  ],
  flags: [
    DRY_RUN_FLAG,
    SELECTOR_FLAG,
    flag('chunk-size', 500, 'Accepted for scripts: lists come in chunks of 500.'),
    flag('delete-emptydir-data', false, 'Go on although pods have an emptyDir, whose data is lost.'),
    flag('disable-eviction', false, 'Delete instead of evict, past all disruption budgets.'),
    flag('force', false, 'Go on although pods declare no controller.'),
    flag('grace-period', -1, 'Seconds for a pod to end; below zero its own.'),
    flag('ignore-daemonsets', false, 'Leave the pods of DaemonSets alone.'),
    flag('pod-selector', '', 'Labels of the pods to evict.'),
    flag(
      'skip-wait-for-delete-timeout',
      0,
      'Do not wait for pods that have been ending for longer, in seconds.',
    ),
    flag('timeout', 0, 'When to give up; zero waits for ever.', { kind: 'duration', shown: '0s' }),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const labelSelector = flags.string('selector');
    if (args.length === 0 && !labelSelector) throw invocation.usage('USAGE: drain NODE [flags]');
    if (args.length > 0 && labelSelector)
      throw invocation.usage('cannot specify both a node name and a --selector option');
    const dryRun = await dryRunOf(invocation);
    const nodes = await findAll(invocation, {
      args: ['nodes', ...args],
      labelSelector,
      continueOnError: true,
    });
    for (const node of nodes) await setSchedulable(invocation, node, 'cordon', dryRun);
    const drainer = new Drainer(invocation, dryRun);
    const failed: string[] = [];
    const causes: string[] = [];
    for (const { name } of nodes) {
      try {
        await drainer.drain(name);
        await invocation.print(`node/${name} drained${dryRunSuffix(dryRun)}\n`);
      } catch (error) {
        if (!(error instanceof DrainError)) throw error;
        const { reasons } = error;
        await invocation.printError(
          `error: unable to drain node ${JSON.stringify(name)} due to error: ${aggregate(reasons)}, continuing command...\n`,
        );
        failed.push(name);
        causes.push(...reasons);
      }
    }
    if (failed.length === 0) return;
    await invocation.printError(
      `There are pending nodes to be drained:\n${failed.map((name) => ` ${name}\n`).join('')}`,
    );
    throw new VerbatimError([...new Set(causes)].join('\n'));
  },
};

/** Why a node could not be drained; each reason is told in a line of its own at the end. */
class DrainError extends Error {
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(aggregate(reasons));
    this.reasons = reasons;
  }
}

const aggregate = (reasons: readonly string[]) =>
  reasons.length === 1 ? reasons[0]! : `[${reasons.join(', ')}]`;

/** What is to happen to a pod. */
interface Verdict {
  delete: boolean;
  /** Told before the pods are deleted. */
  warning?: string;
  /** Nothing is deleted then. */
  problem?: string;
}

const DELETE: Verdict = { delete: true };

class Drainer {
  readonly #invocation: Invocation;
  readonly #dryRun: DryRun;

  constructor(invocation: Invocation, dryRun: DryRun) {
    this.#invocation = invocation;
    this.#dryRun = dryRun;
  }

  async drain(node: string): Promise<void> {
    const { flags, api } = this.#invocation;
    const list = await api.get('/api/v1/pods', {
      labelSelector: flags.string('pod-selector'),
      fieldSelector: `spec.nodeName=${node}`,
    });
    const verdicts: { pod: KubernetesObject; verdict: Verdict }[] = [];
    for (const pod of list.items as KubernetesObject[])
      verdicts.push({ pod, verdict: await this.#judge(pod) });
    const by = (key: 'warning' | 'problem') => {
      const groups = new Map<string, string[]>();
      for (const { pod, verdict } of verdicts) {
        const text = verdict[key];
        if (text) groups.set(text, [...(groups.get(text) ?? []), nameOf(pod)]);
      }
      return [...groups].map(([text, pods]) => `${text}: ${pods.join(', ')}`);
    };
    const problems = by('problem').map((text) => `cannot delete ${text}`);
    if (problems.length > 0) throw new DrainError(problems);
    const warnings = by('warning');
    if (warnings.length > 0) await this.#invocation.printError(`Warning: ${warnings.join('; ')}\n`);
    await this.#removeAll(
      node,
      verdicts.filter(({ verdict }) => verdict.delete).map(({ pod }) => pod),
    );
  }

  /** The filters of `kubectl/pkg/drain/filters.go` in their order; the last one asked decides. */
  async #judge(pod: KubernetesObject): Promise<Verdict> {
    const { flags } = this.#invocation;
    const skipSeconds = flags.int('skip-wait-for-delete-timeout');
    const { deletionTimestamp } = pod.metadata;
    if (skipSeconds > 0 && deletionTimestamp) {
      const endingMs = this.#invocation.now() - Date.parse(deletionTimestamp);
      if (endingMs > skipSeconds * 1000) return { delete: false };
    }
    const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller);
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const force = flags.bool('force');
    let orphaned: Verdict | undefined;
    if (controller?.kind === 'DaemonSet' && !finished) {
      const missing = await this.#missingDaemonSet(pod, controller.name);
      if (missing && !force) return { delete: false, problem: missing };
      if (missing) orphaned = { delete: true, warning: missing };
      else
        return flags.bool('ignore-daemonsets')
          ? { delete: false, warning: 'ignoring DaemonSet-managed Pods' }
          : { delete: false, problem: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
    }
    if (pod.metadata.annotations?.[MIRROR] !== undefined) return { delete: false };
    if (finished) return DELETE;
    const local = (pod.spec.volumes ?? []).some((volume: { emptyDir?: unknown }) => volume.emptyDir);
    if (local && !flags.bool('delete-emptydir-data'))
      return { delete: false, problem: 'Pods with local storage (use --delete-emptydir-data to override)' };
    if (controller) return orphaned ?? DELETE;
    return force
      ? { delete: true, warning: 'deleting Pods that declare no controller' }
      : { delete: false, problem: 'cannot delete Pods that declare no controller (use --force to override)' };
  }

  async #missingDaemonSet(pod: KubernetesObject, name: string): Promise<string | undefined> {
    try {
      await this.#invocation.api.get(`/apis/apps/v1/namespaces/${pod.metadata.namespace}/daemonsets/${name}`);
      return undefined;
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'NotFound') return error.message;
      throw error;
    }
  }

  async #removeAll(node: string, pods: readonly KubernetesObject[]): Promise<void> {
    const { flags } = this.#invocation;
    const timeoutMs = flags.duration('timeout');
    const deadline = timeoutMs > 0 ? this.#invocation.now() + timeoutMs : Infinity;
    const pending: KubernetesObject[] = [];
    const failures: string[] = [];
    await Promise.all(
      pods.map(async (pod) => {
        try {
          await this.#remove(pod, deadline, timeoutMs);
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          pending.push(pod);
          failures.push(error.message);
        }
      }),
    );
    if (failures.length === 0) return;
    await this.#invocation.printError(
      `There are pending pods in node ${JSON.stringify(node)} when an error occurred: ${aggregate(failures)}\n`,
    );
    for (const pod of pending) await this.#invocation.printError(`pod/${pod.metadata.name}\n`);
    throw new DrainError(failures);
  }

  async #remove(pod: KubernetesObject, deadline: number, timeoutMs: number): Promise<void> {
    const { process, flags, api } = this.#invocation;
    const evicts = !flags.bool('disable-eviction');
    const { name, namespace } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const which = `pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}`;
    const timedOut = (doing: string) =>
      new CommandError(`error when ${doing}: global timeout reached: ${formatDuration(timeoutMs)}`);
    const seconds = flags.int('grace-period');
    const deleteOptions = {
      ...(seconds >= 0 ? { gracePeriodSeconds: seconds } : {}),
      ...(this.#dryRun === 'server' ? { dryRun: ['All'] } : {}),
    };
    const verb = evicts ? 'evicting' : 'deleting';
    for (;;) {
      await this.#invocation.printError(`${verb} pod ${nameOf(pod)}${dryRunSuffix(this.#dryRun)}\n`);
      if (this.#dryRun === 'client') return;
      if (this.#invocation.now() >= deadline) throw timedOut(`${verb} ${which}`);
      try {
        if (evicts)
          await api.request('POST', `${path}/eviction`, {
            body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions },
          });
        else
          await api.request('DELETE', path, {
            body: { apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions },
          });
        break;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (error.reason === 'NotFound') return;
        if (!evicts || error.status.code !== 429)
          throw new CommandError(`error when ${verb} ${which}: ${error.message}`);
        await this.#invocation.printError(
          `error when evicting ${which} (will retry after 5s): ${error.message}\n`,
        );
        await process.sleep(Math.min(RETRY_MS, Math.max(0, deadline - this.#invocation.now())));
      }
    }
    if (this.#dryRun === 'server') return;
    while (!(await this.#gone(path, pod.metadata.uid))) {
      if (this.#invocation.now() >= deadline)
        throw timedOut(
          `waiting for pod ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)} to terminate`,
        );
      await process.sleep(POLL_MS);
    }
    await this.#invocation.print(`pod/${name} ${evicts ? 'evicted' : 'deleted'}\n`);
  }

  async #gone(path: string, uid: string | undefined): Promise<boolean> {
    try {
      return (await this.#invocation.api.get<KubernetesObject>(path)).metadata.uid !== uid;
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'NotFound') return true;
      throw error;
    }
  }
}

const nameOf = ({ metadata }: KubernetesObject) => `${metadata.namespace}/${metadata.name}`;
