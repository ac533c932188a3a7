/**
 * Gives a ClusterRole with an `aggregationRule` the rules of the roles that it selects, in the order of their
 * names, each rule once (`pkg/controller/clusterroleaggregation`). That is how `view`, `edit` and `admin`
 * grow with what is installed.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { selectorOf } from '../api/labels.ts';
import type { KubernetesObject } from '../api/object.ts';
import { CLUSTER_ROLES } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { deepEqual } from '../api/equality.ts';

export function startClusterRoleAggregationController(context: ControllerContext): Disposable {
  const client = context.client('clusterrole-aggregation-controller');
  const roles = context.informers.informer<KubernetesObject>(CLUSTER_ROLES);
  const running = new DisposableStore();
  const queue = running.add(
    new WorkQueue({
      clock: context.clock,
      reconcile: async (name) => {
        const role = roles.get(name);
        const selectors = role?.aggregationRule?.clusterRoleSelectors;
        if (!role || !selectors) return;
        const rules = aggregated(role, selectors, [...roles.list()]);
        if (deepEqual(rules, role.rules ?? [])) return;
        await client.update(CLUSTER_ROLES, { ...role, rules });
      },
      onError: (name, error) => context.onError('clusterrole-aggregation', name, error),
    }),
  );
  // Any role may be part of any other.
  const enqueueAll = () => {
    for (const role of roles.list()) if (role.aggregationRule) queue.add(role.metadata.name!);
  };
  running.add(roles.addHandler({ add: enqueueAll, update: enqueueAll, delete: enqueueAll }));
  return running;
}

function aggregated(
  role: KubernetesObject,
  selectors: readonly object[],
  roles: readonly KubernetesObject[],
): object[] {
  const rules: object[] = [];
  const compiled = selectors.map(selectorOf);
  const selected = roles
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .filter(({ metadata }) => compiled.some((selector) => selector.matches(metadata.labels)))
    .sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
  for (const { rules: own = [] } of selected)
    for (const rule of own) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  return rules;
}
