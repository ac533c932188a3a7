/**
 * Load balancers of Services, as a cloud's controller manager (kind's `cloud-provider-kind`) gives them out: an
 * address in the nodes' network, in the Service's status. Carrying the packets is the Service proxy's work.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Service } from '../client/kinds.ts';
import { SERVICES } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { AddressPool } from './address.ts';

export interface LoadBalancerOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  addresses: AddressPool;
  onError(key: string, error: unknown): void;
}

/** Somebody else's business: the class of another load balancer. */
const isOwn = ({ spec }: Service): boolean => spec.type === 'LoadBalancer' && !spec.loadBalancerClass;

export class LoadBalancer implements Disposable {
  readonly #options: LoadBalancerOptions;
  readonly #services: Informer<Service>;
  /** Addresses in use, by Service. */
  readonly #given = new Map<string, string>();
  readonly #resources = new DisposableStore();

  constructor(options: LoadBalancerOptions) {
    this.#options = options;
    this.#services = options.informers.informer(SERVICES);
    const queue = this.#resources.add(
      new WorkQueue({
        clock: options.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => options.onError(key, error),
      }),
    );
    const changed = (service: Service) => {
      if (isOwn(service) || this.#given.has(keyOf(service))) queue.add(keyOf(service));
    };
    this.#resources.add(
      this.#services.addHandler({ add: changed, update: (_, after) => changed(after), delete: changed }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const service = this.#services.get(key);
    const { addresses } = this.#options;
    const current = service?.status?.loadBalancer?.ingress?.[0]?.ip;
    if (!service || !isOwn(service)) {
      const given = this.#given.get(key);
      if (given) addresses.release(given);
      this.#given.delete(key);
      if (service && current) await this.#write(service, undefined);
      return;
    }
    let address = this.#given.get(key);
    if (!address) {
      // A restored cluster: the address that it had.
      address = addresses.allocate(current ?? service.spec.loadBalancerIP);
      if (!address) throw new Error('no address is left for a load balancer');
      this.#given.set(key, address);
    }
    if (current !== address) await this.#write(service, address);
  }

  async #write(service: Service, address: string | undefined): Promise<void> {
    const loadBalancer = address ? { ingress: [{ ip: address, ipMode: 'VIP' }] } : {};
    try {
      await this.#options.client.updateStatus(SERVICES, {
        ...service,
        status: { ...service.status, loadBalancer },
      });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}
