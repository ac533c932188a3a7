/**
 * Resources: `NodeResourcesFit` with the strategy LeastAllocated, and `NodeResourcesBalancedAllocation`.
 * Devices of dynamic resource allocation are left out.
 */
import type { NodeInfo } from '../node-info.ts';
import { MAX_SCORE, type Plugin, type Rejection } from '../plugin.ts';
import { podRequests, type Resources } from '../pod-requests.ts';

/** What nodes are compared by. */
const COMPARED = ['cpu', 'memory'] as const;

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  events: ['PodRemoved', 'PodResized', 'NodeAdded', 'NodeUpdated'],
  filter: ({ pod }) => {
    const requests = podRequests(pod);
    return (node) => fit(requests, node);
  },
  score: ({ pod }, feasible) => {
    const requests = podRequests(pod, true);
    return feasible.map((node) => leastAllocated(requests, node));
  },
};

function fit(requests: Resources, node: NodeInfo): Rejection | undefined {
  let reasons: string[] | undefined;
  let resolvable = true;
  if (node.podCount + 1 > (node.allocatable.get('pods') ?? 0)) (reasons ??= []).push('Too many pods');
  for (const [name, amount] of requests) {
    const allocatable = node.allocatable.get(name) ?? 0;
    if (amount === 0 || amount <= allocatable - (node.requested.get(name) ?? 0)) continue;
    (reasons ??= []).push(`Insufficient ${name}`);
    if (amount > allocatable) resolvable = false;
  }
  return reasons && { reasons, resolvable };
}

/** The mean share that would be left free. */
function leastAllocated(requests: Resources, node: NodeInfo): number {
  let score = 0;
  let count = 0;
  for (const name of COMPARED) {
    const allocatable = node.allocatable.get(name) ?? 0;
    if (allocatable === 0) continue;
    count++;
    const requested = (node.comparable.get(name) ?? 0) + (requests.get(name) ?? 0);
    if (requested <= allocatable) {
      score += Math.trunc(((allocatable - requested) * MAX_SCORE) / allocatable);
    }
  }
  return count === 0 ? 0 : Math.trunc(score / count);
}

export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  events: [],
  score: ({ pod }, feasible) => {
    const requests = podRequests(pod);
    // Pods that request nothing would all go to the node that happens to be balanced.
    if (COMPARED.every((name) => !requests.get(name))) return undefined;
    return feasible.map((node) => {
      const fractions = COMPARED.filter((name) => node.allocatable.get(name)).map((name) => {
        const requested = (node.requested.get(name) ?? 0) + (requests.get(name) ?? 0);
        return Math.min(1, requested / node.allocatable.get(name)!);
      });
      const deviation = fractions.length === 2 ? Math.abs(fractions[0]! - fractions[1]!) / 2 : 0;
      return Math.trunc((1 - deviation) * MAX_SCORE);
    });
  },
};
