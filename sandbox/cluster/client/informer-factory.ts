/** One informer a resource, shared by all controllers of a process: client-go's SharedInformerFactory. */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { Client } from './client.ts';
import { Informer } from './informer.ts';
import type { ResourceType } from './resources.ts';

export class InformerFactory implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #informers = new Map<string, Informer>();
  #started = false;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The informer of all objects of `type`, in all namespaces. Started if the factory is. */
  informer<T extends KubernetesObject>(type: ResourceType<T>): Informer<T> {
    const name = `${type.resource}.${type.version}.${type.group}`;
    let informer = this.#informers.get(name) as Informer<T> | undefined;
    if (!informer) {
      informer = new Informer(this.#client, this.#clock, type);
      this.#informers.set(name, informer as unknown as Informer);
      if (this.#started) informer.start();
    }
    return informer;
  }

  /** Starts all informers, those asked for later as well. */
  start(): void {
    this.#started = true;
    for (const informer of this.#informers.values()) informer.start();
  }

  /** Resolves when every informer asked for so far has its first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  dispose(): void {
    for (const informer of this.#informers.values()) informer.dispose();
    this.#informers.clear();
  }
}
