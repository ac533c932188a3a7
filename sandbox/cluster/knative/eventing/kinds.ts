/** The kinds of eventing.knative.dev/v1, as far as they are read here. */
import type { KubernetesObject } from '../../api/object.ts';
import type { ResourceType } from '../../client/resources.ts';
import type { Condition } from '../conditions.ts';

export const EVENTING_GROUP = 'eventing.knative.dev';
export const BROKER_CLASS = `${EVENTING_GROUP}/broker.class`;
export const BROKER_LABEL = `${EVENTING_GROUP}/broker`;
/** The class that is served: brokers of others are theirs. */
export const CHANNEL_BROKER = 'MTChannelBasedBroker';

/** Where events go: an object that has an address, or a URL; with both, the URL's path below the object's. */
export interface Destination {
  ref?: { apiVersion?: string; kind?: string; name?: string; namespace?: string };
  uri?: string;
}

export interface Delivery {
  deadLetterSink?: Destination;
  retry?: number;
  backoffPolicy?: string;
  /** ISO 8601, e.g. `PT0.2S`. */
  backoffDelay?: string;
  timeout?: string;
}

/** A filter of the Subscriptions API: one of its dialects. */
export interface EventFilter {
  exact?: Record<string, string>;
  prefix?: Record<string, string>;
  suffix?: Record<string, string>;
  all?: EventFilter[];
  any?: EventFilter[];
  not?: EventFilter;
  cesql?: string;
}

interface Status {
  observedGeneration?: number;
  conditions?: Condition[];
  deadLetterSinkUri?: string;
}

export type Broker = KubernetesObject<
  {
    config?: { apiVersion?: string; kind?: string; name?: string; namespace?: string };
    delivery?: Delivery;
  },
  Status & { address?: { name?: string; url?: string }; annotations?: Record<string, string> }
>;

export type Trigger = KubernetesObject<
  {
    broker?: string;
    filter?: { attributes?: Record<string, string> };
    filters?: EventFilter[];
    subscriber: Destination;
    delivery?: Delivery;
  },
  Status & { subscriberUri?: string }
>;

const resource = <T extends KubernetesObject>(name: string, kind: string): ResourceType<T> =>
  Object.freeze({ group: EVENTING_GROUP, version: 'v1', resource: name, kind, namespaced: true });

export const BROKERS = resource<Broker>('brokers', 'Broker');
export const TRIGGERS = resource<Trigger>('triggers', 'Trigger');
