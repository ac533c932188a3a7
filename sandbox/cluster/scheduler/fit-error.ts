/** Why a pod fits nowhere, in one sentence (`framework.FitError`). */
import type { NodeInfo } from './node-info.ts';
import type { Rejection } from './plugin.ts';

export class FitError extends Error {
  /** Names of the plugins that ruled nodes out. */
  readonly plugins: ReadonlySet<string>;
  /** What each node was ruled out for; empty where the pod fits nowhere whatever the nodes. */
  readonly rejections: ReadonlyMap<NodeInfo, Rejection>;

  constructor(
    message: string,
    plugins: ReadonlySet<string>,
    rejections: ReadonlyMap<NodeInfo, Rejection> = new Map(),
  ) {
    super(message);
    this.plugins = plugins;
    this.rejections = rejections;
  }
}

/**
 * `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. <what preemption says>`:
 * how many nodes there are to each reason, in the order of the text.
 */
export function fitMessage(
  nodeCount: number,
  rejections: Iterable<Rejection>,
  preemption: string | undefined,
): string {
  const counts = new Map<string, number>();
  for (const { reasons } of rejections) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const histogram = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const why = histogram.length > 0 ? ` ${histogram.join(', ')}.` : '';
  return `0/${nodeCount} nodes are available:${why}${preemption ? ` ${preemption}` : ''}`;
}
