/** Knative Eventing in one piece: the brokers' ingress, the dispatcher and the controllers of its kinds. Wiring only. */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../client/resources.ts';
import { ensure } from '../../client/ensure.ts';
import { addHost, hostService } from '../host.ts';
import type { KnativeContext } from '../knative-context.ts';
import { installWebhook } from '../webhook-registration.ts';
import { EVENTING_NAMESPACE, validateEventing, withEventingDefaults } from './admission.ts';
import { BrokerIngress } from './broker-ingress.ts';
import { startBrokers } from './broker.ts';
import { Dispatcher } from './dispatcher.ts';
import { BROKERS, EVENTING_GROUP, TRIGGERS } from './kinds.ts';
import { startTriggers } from './trigger.ts';

const INGRESS_SERVICE = 'broker-ingress';
const INGRESS_PORT = 8080;

export async function startEventing(context: KnativeContext): Promise<Disposable> {
  const { client, clock, informers, network, onError } = context;
  const resources = new DisposableStore();
  await ensure(client, NAMESPACES, {
    metadata: { name: EVENTING_NAMESPACE, labels: { 'app.kubernetes.io/name': 'knative-eventing' } },
    spec: {},
  });
  await ensure(client, CONFIG_MAPS, {
    metadata: { namespace: EVENTING_NAMESPACE, name: 'config-br-default-channel' },
    data: { 'channel-template-spec': 'apiVersion: messaging.knative.dev/v1\nkind: InMemoryChannel\n' },
  });
  const host = addHost(context, 'knative-eventing-data-plane');
  resources.add({ dispose: () => network.removeHost(host) });
  await hostService(context, host, {
    namespace: EVENTING_NAMESPACE,
    name: INGRESS_SERVICE,
    ports: { 80: INGRESS_PORT },
  });
  await installWebhook(context, host, {
    namespace: EVENTING_NAMESPACE,
    group: EVENTING_GROUP,
    resources: ['brokers', 'triggers'],
    service: 'eventing-webhook',
    webhook: { withDefaults: withEventingDefaults, validate: validateEventing },
  });
  const ingress = new BrokerIngress({
    clock,
    brokers: informers.informer(BROKERS),
    triggers: informers.informer(TRIGGERS),
    dispatcher: new Dispatcher(clock, host),
    onError,
  });
  resources.add(host.listen(INGRESS_PORT, (request) => ingress.answer(request)));
  resources.add(startBrokers(context, `${INGRESS_SERVICE}.${EVENTING_NAMESPACE}.svc.${network.dns.domain}`));
  resources.add(startTriggers(context));
  return resources;
}
