/**
 * The add-on `gateway`: the CustomResourceDefinitions of the Gateway API (v1.6, standard channel: classes,
 * gateways, HTTP routes, grants; `standard-1.6.json`, made by `standard.mjs`), a GatewayClass and an IngressClass
 * named slipway, and the controller that serves them.
 */
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../client/resources.ts';
import type { KubernetesObject } from '../api/object.ts';
import { GatewayController, type GatewayControllerOptions } from './gateway-controller.ts';
import { CLASS_NAME, CONTROLLER_NAME, GATEWAY_CLASSES } from './gateway-kinds.ts';
import { INGRESS_CLASSES } from './ingress-kinds.ts';
import definitions from './standard-1.6.json' with { type: 'json' };

/** The kinds of the Gateway API, for whoever serves some of them. */
export async function installGatewayDefinitions(client: Client): Promise<void> {
  for (const definition of definitions as KubernetesObject[])
    await ensure(client, CUSTOM_RESOURCE_DEFINITIONS, definition);
}

/** Puts what is not there yet, and starts the controller. */
export async function installGateway(options: GatewayControllerOptions): Promise<GatewayController> {
  const { client } = options;
  await installGatewayDefinitions(client);
  await ensure(client, GATEWAY_CLASSES, {
    metadata: { name: CLASS_NAME },
    spec: { controllerName: CONTROLLER_NAME, description: 'The gateway that comes with Slipway' },
  });
  await ensure(client, INGRESS_CLASSES, {
    metadata: { name: CLASS_NAME },
    spec: { controller: CONTROLLER_NAME },
  });
  return new GatewayController(options);
}
