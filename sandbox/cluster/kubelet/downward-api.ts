/**
 * Fields of the pod as values: `fieldRef` and `resourceFieldRef` in environment variables and downward API
 * volumes (pkg/fieldpath, pkg/api/v1/resource).
 */
import { parseQuantity, quantityMilliValue, quantityValue } from '../api/quantity.ts';
import type { Container, Pod, ResourceFieldSelector } from '../client/kinds.ts';
import { ConfigError } from './container-errors.ts';

/** What of a pod only its node knows. */
export interface PodPlace {
  podIP: string;
  hostIP: string;
  nodeName: string;
}

/** The value of `fieldPath`; labels and annotations as whole maps in the format of a downward API file. */
export function fieldValue(pod: Pod, place: PodPlace, fieldPath: string): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name!;
    case 'metadata.namespace':
      return metadata.namespace!;
    case 'metadata.uid':
      return metadata.uid!;
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return place.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP;
    default:
      throw new ConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** Lines `key="value"`, sorted, as Go quotes them. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map![key])}`)
    .join('\n');
}

/** A container's request or limit in units of the divisor, rounded up; an absent limit is what the node has. */
export function resourceValue(
  container: Container,
  selector: Pick<ResourceFieldSelector, 'resource' | 'divisor'>,
  allocatable: Readonly<Record<string, string | number>>,
): string {
  const [kind, ...rest] = selector.resource.split('.');
  const resource = rest.join('.');
  const { limits, requests } = container.resources ?? {};
  const amount =
    kind === 'limits' ? (limits?.[resource] ?? allocatable[resource] ?? '0') : (requests?.[resource] ?? '0');
  const divisor = selector.divisor === undefined || isZero(selector.divisor) ? '1' : selector.divisor;
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(amount) / quantityMilliValue(divisor)));
  return String(Math.ceil(quantityValue(amount) / quantityValue(divisor)));
}

const isZero = (quantity: string | number): boolean => parseQuantity(quantity).nano === 0n;
