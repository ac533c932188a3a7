/** The controller of Brokers of the class MTChannelBasedBroker, on an in-memory channel that is no object here. */
import type { Disposable } from '../../../core/disposable.ts';
import { Conditions } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { Reconciler } from '../reconciler.ts';
import { ADDRESSABLES, referenceKey, resolveDestination, Unresolved } from './destination.ts';
import { BROKER_CLASS, BROKERS, CHANNEL_BROKER, type Broker } from './kinds.ts';
import { followReferences } from './references.ts';

const INGRESS = 'IngressReady';
const CHANNEL = 'TriggerChannelReady';
const FILTER = 'FilterReady';
const ADDRESSABLE = 'Addressable';
const DEAD_LETTER = 'DeadLetterSinkResolved';
const POLICIES = 'EventPoliciesReady';

/** @param ingress the host of the brokers' addresses */
export function startBrokers(context: KnativeContext, ingress: string): Disposable {
  const brokers = context.informers.informer(BROKERS);
  return new Reconciler<Broker>({
    context,
    type: BROKERS,
    follows: followReferences(ADDRESSABLES, brokers, ({ metadata, spec }) => [
      referenceKey(spec?.delivery?.deadLetterSink, metadata.namespace!),
    ]),
    reconcile: async (broker) => {
      const { metadata, spec, status: before } = broker;
      if (metadata.annotations?.[BROKER_CLASS] !== CHANNEL_BROKER) return undefined;
      const conditions = new Conditions(
        [INGRESS, CHANNEL, FILTER, ADDRESSABLE, DEAD_LETTER, POLICIES],
        before?.conditions,
        context.clock.now(),
      );
      const { namespace, name } = metadata;
      for (const type of [INGRESS, CHANNEL, FILTER, ADDRESSABLE]) conditions.true(type);
      conditions.true(POLICIES, 'DefaultAuthorizationMode', 'Default authz mode is "Allow-Same-Namespace"');
      let deadLetterSinkUri: string | undefined;
      const sink = spec?.delivery?.deadLetterSink;
      if (!sink)
        conditions.true(DEAD_LETTER, 'DeadLetterSinkNotConfigured', 'No dead letter sink is configured.');
      else
        try {
          deadLetterSinkUri = resolveDestination(context, sink, namespace!);
          conditions.true(DEAD_LETTER);
        } catch (error) {
          if (!(error instanceof Unresolved)) throw error;
          conditions.false(DEAD_LETTER, "Unable to get the dead letter sink's URI", error.message);
        }
      return {
        observedGeneration: metadata.generation,
        conditions: conditions.list(),
        address: { name: 'http', url: `http://${ingress}/${namespace}/${name}` },
        deadLetterSinkUri,
      };
    },
  });
}
