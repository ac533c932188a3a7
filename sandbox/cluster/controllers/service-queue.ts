/** Brings every change of Services and of the pods behind them to the controllers that write endpoints. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { selectorFromSet } from '../api/labels.ts';
import { keyOf } from '../api/object.ts';
import { byLabel, byNamespace, type Informer } from '../client/informer.ts';
import type { Pod, Service } from '../client/kinds.ts';
import { PODS, SERVICES } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { concernsEndpoints } from './service-endpoints.ts';

/** Failures in a row after which a Service waits for its next change. */
const MAX_RETRIES = 15;

export class ServiceQueue implements Disposable {
  readonly services: Informer<Service>;
  /** Indexed by `label`. */
  readonly pods: Informer<Pod>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext, name: string, reconcile: (key: string) => Promise<void>) {
    this.services = context.informers.informer(SERVICES);
    this.services.addIndex('namespace', byNamespace);
    this.pods = context.informers.informer(PODS);
    this.pods.addIndex('label', byLabel);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        maxRetries: MAX_RETRIES,
        reconcile,
        onError: (key, error) => context.onError(name, key, error),
      }),
    );
    this.#resources.add(
      this.services.addHandler({
        add: (service) => this.add(keyOf(service)),
        update: (_before, service) => this.add(keyOf(service)),
        delete: (service) => this.add(keyOf(service)),
      }),
    );
    this.#resources.add(
      this.pods.addHandler({
        add: (pod) => this.#addServicesOf(pod),
        update: (before, pod) => {
          if (!concernsEndpoints(before, pod)) return;
          this.#addServicesOf(pod);
          if (before.metadata.labels !== pod.metadata.labels) this.#addServicesOf(before);
        },
        delete: (pod) => this.#addServicesOf(pod),
      }),
    );
  }

  add(key: string): void {
    this.#queue.add(key);
  }

  /** Takes ownership of `member`. */
  own(member: Disposable): void {
    this.#resources.add(member);
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #addServicesOf(pod: Pod): void {
    for (const service of this.services.indexed('namespace', pod.metadata.namespace!)) {
      const { selector } = service.spec;
      if (selector && selectorFromSet(selector).matches(pod.metadata.labels)) this.add(keyOf(service));
    }
  }
}
