/** What Knative's controllers share: the API as their service account sees it, informers, the network, the clock. */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { AddressPool } from '../network/address.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';

export interface KnativeOptions {
  clock: Clock;
  random: Random;
  client: Client;
  informers: InformerFactory;
  network: ClusterNetwork;
  /** Where the addresses of gateway, activator and broker come from. */
  addresses: AddressPool;
  /** Hears of failures that are tried again. */
  onError(key: string, error: unknown): void;
}

export interface KnativeContext extends KnativeOptions {
  /** Writes events with that component as their source. */
  recorder(component: string): EventRecorder;
}
