/**
 * The default profile: the plugins in the order in which they rule nodes out. Left out: volumes (bound by
 * the binder before a pod runs), image locality, dynamic resources, and preemption of running pods, of
 * which only the wording is there.
 */
import type { Random } from '../../core/random.ts';
import type { Pod } from '../client/kinds.ts';
import { FitError, fitMessage } from './fit-error.ts';
import type { NodeInfo } from './node-info.ts';
import type { Attempt, ClusterEvent, NodeFilter, Plugin, Rejection } from './plugin.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation, nodeResourcesFit } from './plugins/node-resources.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { taintToleration } from './plugins/taint-toleration.ts';

const PLUGINS: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  nodeResourcesBalancedAllocation,
];

const BY_NAME = new Map(PLUGINS.map((plugin) => [plugin.name, plugin]));

/** Whether `event` may let a pod in which the plugin has kept out. */
export function concerns(plugin: string, event: ClusterEvent): boolean {
  return BY_NAME.get(plugin)?.events.includes(event) ?? false;
}

/** The best node for the pod of `attempt`; of equally good ones a random one. Throws `FitError`. */
export function selectNode(attempt: Attempt): NodeInfo {
  const feasible = filter(attempt);
  if (feasible.length === 1) return feasible[0]!;
  const totals = feasible.map(() => 0);
  for (const { score, weight = 0 } of PLUGINS) {
    const scores = score?.(attempt, feasible);
    if (scores) for (const [i, each] of scores.entries()) totals[i]! += each * weight;
  }
  return pickBest(feasible, totals, attempt.random);
}

function pickBest(nodes: readonly NodeInfo[], scores: readonly number[], random: Random): NodeInfo {
  const most = Math.max(...scores);
  const best = nodes.filter((_, i) => scores[i] === most);
  return best.length === 1 ? best[0]! : best[random.int(best.length)]!;
}

/** The nodes that no plugin rules out. Throws `FitError` when there is none. */
function filter(attempt: Attempt): NodeInfo[] {
  const { pod, nodes } = attempt;
  if (nodes.length === 0) throw new FitError('no nodes available to schedule pods', new Set());
  const narrowed = narrow(pod);
  const rules: { name: string; rule: NodeFilter }[] = [];
  for (const { name, filter: prepare } of PLUGINS) {
    const rule = prepare?.(attempt);
    if (rule) rules.push({ name, rule });
  }
  const feasible: NodeInfo[] = [];
  const rejections: Rejection[] = [];
  const plugins = new Set<string>();
  for (const node of nodes) {
    if (narrowed && !narrowed.names.has(node.name)) {
      rejections.push(narrowed.rejection);
      plugins.add(narrowed.plugin);
      continue;
    }
    let rejection: Rejection | undefined;
    for (const { name, rule } of rules) {
      rejection = rule(node);
      if (!rejection) continue;
      plugins.add(name);
      break;
    }
    if (rejection) rejections.push(rejection);
    else feasible.push(node);
  }
  if (feasible.length === 0) {
    throw new FitError(fitMessage(nodes.length, rejections, whyNoPreemption(pod, rejections)), plugins);
  }
  return feasible;
}

/** The nodes that a plugin can name from the pod alone. */
function narrow(pod: Pod): { names: ReadonlySet<string>; plugin: string; rejection: Rejection } | undefined {
  for (const plugin of PLUGINS) {
    const names = plugin.nodeNames?.(pod);
    if (!names) continue;
    const reasons = [`node(s) didn't satisfy plugin(s) [${plugin.name}]`];
    return { names, plugin: plugin.name, rejection: { reasons, resolvable: false } };
  }
  return undefined;
}

/**
 * What the plugins that run after a failure have to say: dynamic resources have nothing to free, and
 * preemption finds no pods that are worth less.
 */
function whyNoPreemption(pod: Pod, rejections: readonly Rejection[]): string {
  const resources = 'no new claims to deallocate';
  if (pod.spec.preemptionPolicy === 'Never') {
    return `${resources}, preemption: not eligible due to preemptionPolicy=Never.`;
  }
  const outcomes = rejections.map(({ resolvable }): Rejection => {
    const reason = resolvable
      ? 'No preemption victims found for incoming pod'
      : 'Preemption is not helpful for scheduling';
    return { reasons: [reason], resolvable: false };
  });
  return `${resources}, preemption: ${fitMessage(rejections.length, outcomes, undefined)}`;
}
