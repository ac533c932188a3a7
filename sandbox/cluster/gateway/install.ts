/**
 * The add-on `gateway`: the CustomResourceDefinitions of the Gateway API (v1.6, standard channel: classes,
 * gateways, HTTP routes, grants; `standard-1.6.json`, made by `standard.mjs`), a GatewayClass and an IngressClass
 * named slipway, and the controller that serves them.
 */
import type { Client } from '../client/client.ts';
import type { ResourceType } from '../client/resources.ts';
import { isStatus } from '../api/status.ts';
import type { KubernetesObject } from '../api/object.ts';
import { GatewayController, type GatewayControllerOptions } from './gateway-controller.ts';
import { CLASS_NAME, CONTROLLER_NAME, GATEWAY_CLASSES } from './gateway-kinds.ts';
import { INGRESS_CLASSES } from './ingress-kinds.ts';
import definitions from './standard-1.6.json' with { type: 'json' };

const CUSTOM_RESOURCE_DEFINITIONS: ResourceType = Object.freeze({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

/** Puts what is not there yet, and starts the controller. */
export async function installGateway(options: GatewayControllerOptions): Promise<GatewayController> {
  const { client } = options;
  for (const definition of definitions as KubernetesObject[])
    await create(client, CUSTOM_RESOURCE_DEFINITIONS, definition);
  await create(client, GATEWAY_CLASSES, {
    metadata: { name: CLASS_NAME },
    spec: { controllerName: CONTROLLER_NAME, description: 'The gateway that comes with Slipway' },
  });
  await create(client, INGRESS_CLASSES, {
    metadata: { name: CLASS_NAME },
    spec: { controller: CONTROLLER_NAME },
  });
  return new GatewayController(options);
}

async function create(
  client: Client,
  type: Parameters<Client['create']>[0],
  object: KubernetesObject,
): Promise<void> {
  try {
    await client.create(type, structuredCopy(object));
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
  }
}

/** The API takes over what it is given. */
const structuredCopy = (object: KubernetesObject): KubernetesObject =>
  JSON.parse(JSON.stringify(object)) as KubernetesObject;
