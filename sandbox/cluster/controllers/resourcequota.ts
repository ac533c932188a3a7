/**
 * ResourceQuotas (`pkg/controller/resourcequota`): says in each quota's status what its namespace uses of what it
 * limits. Admission counts by itself what is about to be written; this is what people read, and what shrinks when
 * something is deleted. Which resources are counted follows the API, custom ones included.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf, type KubernetesObject } from '../api/object.ts';
import { addQuantities, formatQuantity, parseQuantity, type Quantity } from '../api/quantity.ts';
import { countsUnder, isInScope, usageOf } from '../api/quota-usage.ts';
import type { Client } from '../client/client.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { Pod, ResourceQuota } from '../client/kinds.ts';
import { PODS, RESOURCE_QUOTAS, type ResourceType } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { deepEqual } from '../api/equality.ts';
import { isPodTerminal } from './pod.ts';

const ZERO = parseQuantity('0');

export function startResourceQuotaController(context: ControllerContext): Disposable {
  return new ResourceQuotaController(context);
}

class ResourceQuotaController implements Disposable {
  readonly #context: ControllerContext;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #quotas: Informer<ResourceQuota>;
  /** Resources that some quota counts, by `resource.group`, with what follows them. */
  readonly #followed = new Map<string, Disposable>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#clock = context.clock;
    this.#client = context.client('resourcequota-controller');
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('resourcequota', key, error),
      }),
    );
    this.#quotas = context.informers.informer(RESOURCE_QUOTAS);
    this.#quotas.addIndex('namespace', byNamespace);
    this.#resources.add(
      this.#quotas.addHandler({
        add: (quota) => this.#quotaChanged(quota),
        update: (before, quota) => {
          if (!deepEqual(before.spec, quota.spec)) this.#quotaChanged(quota);
        },
      }),
    );
  }

  dispose(): void {
    for (const handler of this.#followed.values()) handler.dispose();
    this.#resources.dispose();
  }

  #quotaChanged(quota: ResourceQuota): void {
    this.#follow(quota);
    this.#queue.add(keyOf(quota));
  }

  /** Nobody follows a resource before a quota counts it: most clusters have no quota at all. */
  #follow(quota: ResourceQuota): ResourceType[] {
    const counted: ResourceType[] = [];
    for (const type of this.#context.resources()) {
      if (!type.namespaced || !Object.keys(quota.spec?.hard ?? {}).some((name) => countsUnder(name, type)))
        continue;
      counted.push(type);
      const name = `${type.resource}.${type.group}`;
      if (this.#followed.has(name)) continue;
      const informer = this.#context.informers.informer(type);
      informer.addIndex('namespace', byNamespace);
      const seen = ({ metadata }: KubernetesObject) => this.#changed(metadata.namespace!, type);
      this.#followed.set(
        name,
        informer.addHandler({
          add: (object, initial) => {
            if (!initial) seen(object);
          },
          update: (before, object) => {
            if (changesUsage(type, before, object)) seen(object);
          },
          delete: seen,
        }),
      );
    }
    return counted;
  }

  #changed(namespace: string, type: ResourceType): void {
    for (const quota of this.#quotas.indexed('namespace', namespace)) {
      if (Object.keys(quota.spec?.hard ?? {}).some((name) => countsUnder(name, type)))
        this.#queue.add(keyOf(quota));
    }
  }

  async #reconcile(key: string): Promise<void> {
    const quota = this.#quotas.get(key);
    if (!quota) return;
    const hard = quota.spec?.hard ?? {};
    const sums = new Map<string, Quantity>();
    for (const type of this.#follow(quota)) {
      const informer = this.#context.informers.informer(type);
      await informer.synced;
      for (const name of Object.keys(hard))
        if (countsUnder(name, type)) sums.set(name, sums.get(name) ?? ZERO);
      for (const object of informer.indexed('namespace', quota.metadata.namespace!)) {
        if (!isInScope(quota, object, type)) continue;
        for (const [name, amount] of Object.entries(usageOf(object, type, this.#clock.now()))) {
          const sum = sums.get(name);
          if (sum) sums.set(name, addQuantities(sum, amount));
        }
      }
    }
    const used = Object.fromEntries([...sums].map(([name, sum]) => [name, formatQuantity(sum)]));
    if (deepEqual(quota.status, { hard, used })) return;
    await this.#client.updateStatus(RESOURCE_QUOTAS, { ...quota, status: { hard, used } });
  }
}

/** Whether a change can matter to what the object counts for; pods change often, and mostly not in that. */
function changesUsage(type: ResourceType, before: KubernetesObject, after: KubernetesObject): boolean {
  if (type.resource !== PODS.resource || type.group !== PODS.group) return before.spec !== after.spec;
  return (
    isPodTerminal(before as Pod) !== isPodTerminal(after as Pod) ||
    (before.spec !== after.spec && !deepEqual(before.spec, after.spec))
  );
}
