/**
 * What Kubernetes' objects say about targets: an address and `__meta_kubernetes_…` labels for each, as in Prometheus'
 * `discovery/kubernetes`. Roles: pod, service, endpoints, endpointslice, node. Endpoints are read from EndpointSlices,
 * which Prometheus does too where it is asked to. Left out: ingress.
 */
import type { KubernetesObject } from '../../api/object.ts';

/** Labels of a target before it is relabelled. */
export type TargetLabels = Record<string, string>;

interface Port {
  name?: string;
  port?: number;
  containerPort?: number;
  protocol?: string;
}

export interface DiscoveredPod extends KubernetesObject {
  spec: {
    nodeName?: string;
    containers: { name: string; image: string; ports?: Port[] }[];
    initContainers?: { name: string; image: string; ports?: Port[] }[];
  };
  status?: {
    podIP?: string;
    hostIP?: string;
    phase?: string;
    conditions?: { type: string; status: string }[];
  };
}

export interface DiscoveredService extends KubernetesObject {
  spec: { type?: string; clusterIP?: string; externalName?: string; ports?: Port[] };
}

export interface DiscoveredSlice extends KubernetesObject {
  addressType: string;
  ports?: Port[];
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    nodeName?: string;
    targetRef?: { kind: string; name: string; namespace?: string };
  }[];
}

export interface DiscoveredNode extends KubernetesObject {
  spec?: { providerID?: string };
  status?: {
    addresses?: { type: string; address: string }[];
    daemonEndpoints?: { kubeletEndpoint?: { Port: number } };
  };
}

const META = '__meta_kubernetes_';
const SERVICE_NAME = 'kubernetes.io/service-name';

export function podTargets(pod: DiscoveredPod): TargetLabels[] {
  const { podIP } = pod.status ?? {};
  // Without an address there is nothing to ask yet.
  if (!podIP) return [];
  const shared = podLabels(pod);
  const targets: TargetLabels[] = [];
  const add = (container: DiscoveredPod['spec']['containers'][number], isInit: boolean) => {
    const labels = {
      ...shared,
      [`${META}pod_container_name`]: container.name,
      [`${META}pod_container_image`]: container.image,
      [`${META}pod_container_init`]: String(isInit),
    };
    const ports = container.ports ?? [];
    if (ports.length === 0) targets.push({ ...labels, __address__: podIP });
    for (const { containerPort, name, protocol } of ports)
      targets.push({
        ...labels,
        __address__: `${podIP}:${containerPort}`,
        [`${META}pod_container_port_name`]: name ?? '',
        [`${META}pod_container_port_number`]: String(containerPort),
        [`${META}pod_container_port_protocol`]: protocol ?? 'TCP',
      });
  };
  for (const container of pod.spec.containers) add(container, false);
  for (const container of pod.spec.initContainers ?? []) add(container, true);
  return targets;
}

export function serviceTargets(service: DiscoveredService): TargetLabels[] {
  const { name, namespace } = service.metadata;
  return (service.spec.ports ?? []).map((port) => ({
    ...serviceLabels(service),
    __address__: `${name}.${namespace}.svc:${port.port}`,
    [`${META}service_port_name`]: port.name ?? '',
    [`${META}service_port_number`]: String(port.port),
    [`${META}service_port_protocol`]: port.protocol ?? 'TCP',
  }));
}

export interface EndpointNeighbours {
  service(key: string): DiscoveredService | undefined;
  pod(key: string): DiscoveredPod | undefined;
}

/** `prefix` is `endpoints` or `endpointslice`: what the labels are called. */
export function endpointTargets(
  slice: DiscoveredSlice,
  prefix: 'endpoints' | 'endpointslice',
  { service, pod }: EndpointNeighbours,
): TargetLabels[] {
  const { namespace = '', labels } = slice.metadata;
  const serviceName = labels?.[SERVICE_NAME] ?? '';
  const parent = service(`${namespace}/${serviceName}`);
  const part = prefix === 'endpoints' ? 'endpoint' : 'endpointslice';
  return (slice.endpoints ?? []).flatMap((endpoint) =>
    (slice.ports ?? []).map((port) => {
      const { targetRef, conditions, nodeName } = endpoint;
      const target: TargetLabels = {
        ...(parent ? serviceLabels(parent) : { [`${META}namespace`]: namespace }),
        __address__: `${endpoint.addresses[0]}:${port.port}`,
        [`${META}${prefix}_name`]: prefix === 'endpoints' ? serviceName : slice.metadata.name!,
        [`${META}${part}_port_name`]: port.name ?? '',
        [`${META}${part}_port_protocol`]: port.protocol ?? 'TCP',
        [prefix === 'endpoints' ? `${META}endpoint_ready` : `${META}endpointslice_endpoint_conditions_ready`]:
          String(conditions?.ready !== false),
      };
      if (nodeName) target[`${META}${part}_node_name`] = nodeName;
      if (!targetRef) return target;
      target[`${META}${part}_address_target_kind`] = targetRef.kind;
      target[`${META}${part}_address_target_name`] = targetRef.name;
      const found = targetRef.kind === 'Pod' && pod(`${targetRef.namespace ?? namespace}/${targetRef.name}`);
      if (!found) return target;
      Object.assign(target, podLabels(found));
      for (const container of found.spec.containers) {
        const own = container.ports?.find(({ containerPort }) => containerPort === port.port);
        if (!own) continue;
        target[`${META}pod_container_name`] = container.name;
        target[`${META}pod_container_image`] = container.image;
        target[`${META}pod_container_port_name`] = own.name ?? '';
        target[`${META}pod_container_port_number`] = String(own.containerPort);
        target[`${META}pod_container_port_protocol`] = own.protocol ?? 'TCP';
      }
      return target;
    }),
  );
}

export function nodeTargets(node: DiscoveredNode): TargetLabels[] {
  const addresses = node.status?.addresses ?? [];
  const internal = addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (!internal) return [];
  const target: TargetLabels = {
    ...metadataLabels(node, 'node'),
    __address__: `${internal}:${node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}`,
    instance: node.metadata.name!,
    [`${META}node_name`]: node.metadata.name!,
    [`${META}node_provider_id`]: node.spec?.providerID ?? '',
  };
  for (const { type, address } of addresses) target[`${META}node_address_${sanitized(type)}`] ??= address;
  return [target];
}

function podLabels(pod: DiscoveredPod): TargetLabels {
  const { metadata, spec, status } = pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return {
    ...metadataLabels(pod, 'pod'),
    [`${META}namespace`]: metadata.namespace!,
    [`${META}pod_name`]: metadata.name!,
    [`${META}pod_ip`]: status?.podIP ?? '',
    [`${META}pod_host_ip`]: status?.hostIP ?? '',
    [`${META}pod_node_name`]: spec.nodeName ?? '',
    [`${META}pod_phase`]: status?.phase ?? '',
    [`${META}pod_ready`]: (ready ?? 'unknown').toLowerCase(),
    [`${META}pod_uid`]: metadata.uid ?? '',
    [`${META}pod_controller_kind`]: owner?.kind ?? '',
    [`${META}pod_controller_name`]: owner?.name ?? '',
  };
}

function serviceLabels(service: DiscoveredService): TargetLabels {
  const { metadata, spec } = service;
  return {
    ...metadataLabels(service, 'service'),
    [`${META}namespace`]: metadata.namespace!,
    [`${META}service_name`]: metadata.name!,
    [`${META}service_type`]: spec.type ?? 'ClusterIP',
    [`${META}service_cluster_ip`]: spec.clusterIP ?? '',
    [`${META}service_external_name`]: spec.externalName ?? '',
  };
}

/** An object's labels and annotations, and that they are there. */
function metadataLabels({ metadata }: KubernetesObject, role: 'pod' | 'service' | 'node'): TargetLabels {
  const out: TargetLabels = {};
  for (const [kind, values] of [
    ['label', metadata.labels],
    ['annotation', metadata.annotations],
  ] as const)
    for (const [name, value] of Object.entries(values ?? {})) {
      out[`${META}${role}_${kind}_${sanitized(name)}`] = value;
      out[`${META}${role}_${kind}present_${sanitized(name)}`] = 'true';
    }
  return out;
}

/** What cannot stand in a label's name becomes `_`. */
const sanitized = (name: string): string => name.replace(/\W/g, '_');
