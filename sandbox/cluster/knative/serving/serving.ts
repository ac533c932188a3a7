/** Knative Serving in one piece: gateway, activator, autoscaler and the controllers of its kinds. Wiring only. */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../client/resources.ts';
import { ensure } from '../../client/ensure.ts';
import { CONFIG_MAPS_OF_SERVING, GATEWAY_ADDRESS, SERVING_NAMESPACE, ServingConfig } from '../config-maps.ts';
import { addHost, hostService, type HostedService } from '../host.ts';
import type { KnativeContext } from '../knative-context.ts';
import { installWebhook } from '../webhook-registration.ts';
import { Activator, ACTIVATOR_PORT, ANNOUNCE_PORT } from './activator.ts';
import { startConfigurations } from './configuration.ts';
import { withDefaults } from './defaults.ts';
import { EXTERNAL_PORT, INTERNAL_PORT, ServingGateway } from './gateway.ts';
import { startAutoscaler, type Autoscaler } from './pod-autoscaler.ts';
import { startRevisions } from './revision.ts';
import { startRoutes, type Routes } from './route.ts';
import { startServices } from './service.ts';
import { validateServing } from './validation.ts';

const GATEWAY_NAMESPACE = 'kourier-system';
const ACTIVATOR_SERVICE = 'activator-service';

export async function startServing(context: KnativeContext): Promise<Disposable> {
  const { client, random, network } = context;
  const resources = new DisposableStore();
  for (const name of [SERVING_NAMESPACE, GATEWAY_NAMESPACE])
    await ensure(client, NAMESPACES, {
      metadata: { name, labels: { 'app.kubernetes.io/name': 'knative-serving' } },
      spec: {},
    });
  for (const map of CONFIG_MAPS_OF_SERVING) await ensure(client, CONFIG_MAPS, map);
  const host = addHost(context, 'knative-serving-data-plane');
  resources.add({ dispose: () => network.removeHost(host) });
  const services: HostedService[] = [
    { namespace: GATEWAY_NAMESPACE, name: 'kourier-internal', ports: { 80: INTERNAL_PORT } },
    {
      namespace: GATEWAY_NAMESPACE,
      name: 'kourier',
      ports: { 80: EXTERNAL_PORT },
      type: 'LoadBalancer',
      loadBalancerIP: GATEWAY_ADDRESS,
    },
    {
      namespace: SERVING_NAMESPACE,
      name: ACTIVATOR_SERVICE,
      ports: { 80: ACTIVATOR_PORT, [ANNOUNCE_PORT]: ANNOUNCE_PORT },
    },
  ];
  for (const service of services) await hostService(context, host, service);
  await installWebhook(context, host, {
    namespace: SERVING_NAMESPACE,
    group: 'serving.knative.dev',
    resources: ['configurations', 'revisions', 'routes', 'services'],
    webhook: { withDefaults, validate: validateServing },
  });

  let autoscaler: Autoscaler | undefined;
  let routes: Routes | undefined;
  const config = resources.add(
    new ServingConfig(context, (what) => {
      if (what === 'autoscaler') autoscaler?.lookAtAll();
      else routes?.lookAtAll();
    }),
  );
  const activator = resources.add(
    new Activator({
      context,
      stack: host,
      onDemand: (revision, waiting) => autoscaler?.demand(revision, waiting),
    }),
  );
  const gateway = resources.add(new ServingGateway({ activator, random, stack: host }));
  autoscaler = resources.add(
    startAutoscaler({
      context,
      config: () => config.autoscaler,
      traffic: (revision) => activator.traffic(revision),
    }),
  );
  routes = resources.add(startRoutes({ context, gateway, domain: (labels) => config.domain(labels) }));
  resources.add(
    startRevisions({
      context,
      config: () => config.autoscaler,
      announceUrl: `http://${ACTIVATOR_SERVICE}.${SERVING_NAMESPACE}.svc.${network.dns.domain}:${ANNOUNCE_PORT}/`,
      activatorAddress: host.addresses[0]!,
      activatorPort: ACTIVATOR_PORT,
    }),
  );
  resources.add(startConfigurations(context));
  resources.add(startServices(context));
  return resources;
}
