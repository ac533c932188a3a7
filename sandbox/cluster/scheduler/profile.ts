/**
 * The default profile: the plugins in the order in which they rule nodes out. Left out: image locality, and dynamic
 * resources, of which only the wording is there.
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
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { volumeBinding } from './plugins/volume-binding.ts';
import { volumeRestrictions } from './plugins/volume-restrictions.ts';
import { volumeZone } from './plugins/volume-zone.ts';

const PLUGINS: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
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
    scores?.forEach((each, i) => (totals[i]! += each * weight));
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
  for (const { name, preFilter } of PLUGINS) {
    const reason = preFilter?.(attempt);
    // What 1.35 says in the place of preemption, which is not asked.
    if (reason !== undefined)
      throw new FitError(`0/${nodes.length} nodes are available: ${reason}. not found`, new Set([name]));
  }
  const narrowed = narrow(pod);
  const rules = prepare(attempt);
  const feasible: NodeInfo[] = [];
  const rejections = new Map<NodeInfo, Rejection>();
  const plugins = new Set<string>();
  for (const node of nodes) {
    if (narrowed && !narrowed.names.has(node.name)) {
      rejections.set(node, narrowed.rejection);
      plugins.add(narrowed.plugin);
      continue;
    }
    const refused = refuses(rules, node);
    if (!refused) feasible.push(node);
    else {
      rejections.set(node, refused.rejection);
      plugins.add(refused.plugin);
    }
  }
  if (feasible.length === 0) {
    throw new FitError(fitMessage(nodes.length, rejections.values(), undefined), plugins, rejections);
  }
  return feasible;
}

interface Rule {
  name: string;
  rule: NodeFilter;
}

function prepare(attempt: Attempt): Rule[] {
  const rules: Rule[] = [];
  for (const { name, filter } of PLUGINS) {
    const rule = filter?.(attempt);
    if (rule) rules.push({ name, rule });
  }
  return rules;
}

function refuses(
  rules: readonly Rule[],
  node: NodeInfo,
): { plugin: string; rejection: Rejection } | undefined {
  for (const { name, rule } of rules) {
    const rejection = rule(node);
    if (rejection) return { plugin: name, rejection };
  }
  return undefined;
}

/** Why `node` does not take the pod of `attempt`, of whose nodes it is one; undefined when it does. */
export function rejectionBy(attempt: Attempt, node: NodeInfo): Rejection | undefined {
  return refuses(prepare(attempt), node)?.rejection;
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
