/** Which URL a destination stands for (knative.dev/pkg/resolver): a Service's name, the address in an object's status. */
import type { KubernetesObject } from '../../api/object.ts';
import { apiVersionOf, type ResourceType, SERVICES } from '../../client/resources.ts';
import type { KnativeContext } from '../knative-context.ts';
import { KNATIVE_ROUTES, KNATIVE_SERVICES } from '../serving/kinds.ts';
import { BROKERS, type Destination } from './kinds.ts';

/** Kinds that have addresses. */
export const ADDRESSABLES: readonly ResourceType[] = [
  SERVICES as ResourceType,
  KNATIVE_SERVICES as ResourceType,
  KNATIVE_ROUTES as ResourceType,
  BROKERS as ResourceType,
];

/** Why a destination has no URL. */
export class Unresolved extends Error {}

/** @param namespace of references that name none. Throws `Unresolved`. */
export function resolveDestination(
  { informers, network }: KnativeContext,
  destination: Destination,
  namespace: string,
): string {
  const { ref, uri } = destination;
  if (!ref) {
    if (!uri || !/^https?:\/\/[^/]/.test(uri))
      throw new Unresolved(
        `URI is not absolute (both scheme and host should be non-empty): ${JSON.stringify(uri ?? '')}`,
      );
    return uri;
  }
  const { apiVersion = 'v1', kind, name } = ref;
  const space = ref.namespace ?? namespace;
  const type = ADDRESSABLES.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (!type)
    throw new Unresolved(
      `failed to get lister for ${apiVersion}, Kind=${kind}: nothing of this kind has an address here`,
    );
  const object: KubernetesObject | undefined = informers.informer(type).get(`${space}/${name}`);
  if (!object) {
    const resource = type.group ? `${type.resource}.${type.group}` : type.resource;
    throw new Unresolved(
      `failed to get object ${space}/${name}: ${resource} ${JSON.stringify(name)} not found`,
    );
  }
  const address =
    type.group === ''
      ? `http://${name}.${space}.svc.${network.dns.domain}`
      : ((object.status as { address?: { url?: string } } | undefined)?.address?.url ?? '');
  if (!address) throw new Unresolved(`address not set for ${kind} = ${space}/${name}`);
  return uri ? new URL(uri, `${address}/`).href : address;
}

/** The key of what a destination refers to, as `kind namespace/name`. */
export function referenceKey(destination: Destination | undefined, namespace: string): string | undefined {
  const { ref } = destination ?? {};
  return ref && `${ref.apiVersion ?? 'v1'} ${ref.kind} ${ref.namespace ?? namespace}/${ref.name}`;
}
