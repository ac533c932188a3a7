/**
 * ResourceQuotas: a write that would take a namespace over a quota is refused, and what it takes is counted
 * at once. The quota controller of a real cluster counts again what was deleted; here the stored objects
 * are counted on every write, so `status.used` in a quota is only what people read.
 */
import type { KubernetesObject } from '../../api/object.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from '../../api/quantity.ts';
import { isInScope, usageOf, type QuotaUsage } from '../../api/quota-usage.ts';
import type { RequestContext } from '../registry/strategy.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  validate(operation, object, old, context) {
    const { store, request, resource } = context;
    if (operation === 'DELETE' || !resource.namespaced || request.subresource) return;
    const quotas = store.list('resourcequotas', `${request.namespace}/`);
    if (quotas.length === 0 || resource.resource === 'resourcequotas') return;
    const before = old ? usageOf(old, resource) : {};
    const after = usageOf(object!, resource);
    for (const quota of quotas) {
      if (!isInScope(quota, object!, resource)) continue;
      const hard: Record<string, string> = quota.spec.hard ?? {};
      if (operation === 'CREATE') requireAmounts(quota, hard, object!, after, context);
      const exceeded: string[] = [];
      for (const [name, limit] of Object.entries(hard)) {
        const asked = after[name];
        if (!asked || compareQuantities(asked, before[name] ?? parseQuantity('0')) <= 0) continue;
        const used = usedIn(name, old, quota, context);
        if (compareQuantities(addQuantities(used, asked), parseQuantity(limit)) > 0) exceeded.push(name);
      }
      if (exceeded.length === 0) continue;
      exceeded.sort();
      const text = (amount: (name: string) => string) =>
        exceeded.map((name) => `${name}=${amount(name)}`).join(',');
      const usedText = (name: string) =>
        formatQuantity(addQuantities(usedIn(name, old, quota, context), before[name] ?? parseQuantity('0')));
      throw refuse(
        context,
        object,
        `exceeded quota: ${quota.metadata.name}, requested: ${text((name) => formatQuantity(after[name]!))}, used: ${text(usedText)}, limited: ${text((name) => hard[name]!)}`,
      );
    }
  },
};

/** A quota on cpu or memory makes every pod say how much it wants. */
function requireAmounts(
  quota: KubernetesObject,
  hard: Record<string, string>,
  object: KubernetesObject,
  usage: QuotaUsage,
  context: RequestContext,
): void {
  if (context.resource.resource !== 'pods' || context.resource.group !== '') return;
  const missing = new Map<string, string[]>();
  for (const name of Object.keys(hard)) {
    const compute = COMPUTE[name];
    if (!compute) continue;
    const [field, resource] = compute;
    const without = object.spec.containers
      .filter(({ resources }: any) => resources?.[field]?.[resource] === undefined)
      .map((container: any) => container.name);
    if (without.length > 0 && (usage[name] === undefined || without.length > 0)) missing.set(name, without);
  }
  if (missing.size === 0) return;
  const parts = [...missing]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, containers]) => `${name} for: ${containers.join(',')}`);
  throw refuse(context, object, `failed quota: ${quota.metadata.name}: must specify ${parts.join('; ')}`);
}

const COMPUTE: Record<string, ['requests' | 'limits', string]> = {
  cpu: ['requests', 'cpu'],
  memory: ['requests', 'memory'],
  'requests.cpu': ['requests', 'cpu'],
  'requests.memory': ['requests', 'memory'],
  'limits.cpu': ['limits', 'cpu'],
  'limits.memory': ['limits', 'memory'],
};

/** What all other objects of the namespace use of `name`. */
function usedIn(
  name: string,
  except: KubernetesObject | undefined,
  quota: KubernetesObject,
  context: RequestContext,
): Quantity {
  const { store, request, resource, clock } = context;
  let sum = parseQuantity('0');
  const space = resource.group ? `${resource.group}/${resource.resource}` : resource.resource;
  for (const object of store.list(space, `${request.namespace}/`)) {
    if (object === except || !isInScope(quota, object, resource)) continue;
    const amount = usageOf(object, resource, clock.now())[name];
    if (amount) sum = addQuantities(sum, amount);
  }
  return sum;
}
