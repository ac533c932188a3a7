/** The controller of Triggers: which subscriber and which dead letter sink they mean, and whether their Broker is there. */
import type { Disposable } from '../../../core/disposable.ts';
import { conditionOf, Conditions, isReady } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { Reconciler } from '../reconciler.ts';
import { ADDRESSABLES, referenceKey, resolveDestination, Unresolved } from './destination.ts';
import { BROKER_CLASS, BROKERS, CHANNEL_BROKER, TRIGGERS, type Broker, type Trigger } from './kinds.ts';
import { followReferences } from './references.ts';

const BROKER = 'BrokerReady';
const SUBSCRIBED = 'SubscriptionReady';
const DEPENDENCY = 'DependencyReady';
const SUBSCRIBER = 'SubscriberResolved';
const DEAD_LETTER = 'DeadLetterSinkResolved';
const IDENTITY = 'OIDCIdentityCreated';

export function startTriggers(context: KnativeContext): Disposable {
  const { informers, clock } = context;
  const triggers = informers.informer(TRIGGERS);
  const brokers = informers.informer(BROKERS);
  return new Reconciler<Trigger>({
    context,
    type: TRIGGERS,
    follows: followReferences(ADDRESSABLES, triggers, ({ metadata, spec }) => [
      `eventing.knative.dev/v1 Broker ${metadata.namespace}/${spec!.broker}`,
      referenceKey(spec!.subscriber, metadata.namespace!),
      referenceKey(spec!.delivery?.deadLetterSink, metadata.namespace!),
    ]),
    reconcile: async ({ metadata, spec, status: before }) => {
      const conditions = new Conditions(
        [BROKER, SUBSCRIBED, DEPENDENCY, SUBSCRIBER, DEAD_LETTER, IDENTITY],
        before?.conditions,
        clock.now(),
      );
      const namespace = metadata.namespace!;
      const status: Trigger['status'] & object = { ...before };
      const ended = () => ({
        ...status,
        observedGeneration: metadata.generation,
        conditions: conditions.list(),
      });
      conditions.true(IDENTITY, 'authentication-oidc feature not yet supported for this Broker class');
      const broker = brokers.get(`${namespace}/${spec!.broker}`);
      if (!broker) {
        conditions.false(BROKER, 'BrokerDoesNotExist', `Broker "${spec!.broker}" does not exist`);
        return ended();
      }
      if (broker.metadata.annotations?.[BROKER_CLASS] !== CHANNEL_BROKER) return undefined;
      propagateBroker(conditions, broker);
      if (!isReady(broker)) return ended();
      try {
        status.subscriberUri = resolveDestination(context, spec!.subscriber, namespace);
        conditions.true(SUBSCRIBER);
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error;
        status.subscriberUri = undefined;
        conditions.false(SUBSCRIBER, "Unable to get the Subscriber's URI", error.message);
        return ended();
      }
      const sink = spec!.delivery?.deadLetterSink;
      try {
        status.deadLetterSinkUri = sink
          ? resolveDestination(context, sink, namespace)
          : broker.status?.deadLetterSinkUri;
        if (status.deadLetterSinkUri) conditions.true(DEAD_LETTER);
        else
          conditions.true(DEAD_LETTER, 'DeadLetterSinkNotConfigured', 'No dead letter sink is configured.');
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error;
        status.deadLetterSinkUri = undefined;
        conditions.false(DEAD_LETTER, "Unable to get the dead letter sink's URI", error.message);
        return ended();
      }
      conditions.true(SUBSCRIBED);
      conditions.true(DEPENDENCY);
      return ended();
    },
  });
}

function propagateBroker(conditions: Conditions, { status }: Broker): void {
  const ready = conditionOf(status, 'Ready');
  if (ready) conditions.set(BROKER, ready.status, ready.reason, ready.message);
  else conditions.unknown(BROKER, 'BrokerNotConfigured', 'Broker has not yet been reconciled.');
}
