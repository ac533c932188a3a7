/** Service and EndpointSlice. */
import { formatLabels } from '../../../../cluster/api/labels.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Description } from './description.ts';

/** More endpoints of a port are only counted. */
const MAX_ENDPOINTS = 3;

export async function describeService(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {}, metadata } = object;
  description.head(object);
  description.metadata(object);
  description.field('Selector', formatLabels(spec.selector));
  description.field('Type', spec.type);
  if (spec.ipFamilyPolicy) description.field('IP Family Policy', spec.ipFamilyPolicy);
  description.field('IP Families', spec.ipFamilies?.join(',') || '<none>');
  description.field('IP', spec.clusterIP ?? '');
  description.field('IPs', spec.clusterIPs?.join(',') || '<none>');
  if (spec.externalIPs?.length) description.field('External IPs', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) description.field('Desired LoadBalancer IP', spec.loadBalancerIP);
  if (spec.externalName) description.field('External Name', spec.externalName);
  const ingress: Record<string, string>[] = status.loadBalancer?.ingress ?? [];
  if (ingress.length > 0)
    description.field(
      'LoadBalancer Ingress',
      ingress
        .map(({ ip, ipMode, hostname }) => (ip ? ip + (ipMode ? ` (${ipMode})` : '') : hostname))
        .join(', '),
    );
  const slices = await description.list(
    `/apis/discovery.k8s.io/v1/namespaces/${metadata.namespace}/endpointslices`,
    {
      labelSelector: `kubernetes.io/service-name=${metadata.name}`,
    },
  );
  for (const port of spec.ports ?? []) {
    const name = port.name || '<unset>';
    description.line(0, `Port:\t${name}\t${port.port}/${port.protocol}`);
    description.field('TargetPort', `${port.targetPort}/${port.protocol}`);
    if (port.nodePort) description.line(0, `NodePort:\t${name}\t${port.nodePort}/${port.protocol}`);
    description.field('Endpoints', endpointText(slices, port.name ?? ''));
  }
  description.field('Session Affinity', spec.sessionAffinity);
  if (spec.externalTrafficPolicy) description.field('External Traffic Policy', spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy) description.field('Internal Traffic Policy', spec.internalTrafficPolicy);
  if (spec.healthCheckNodePort) description.field('HealthCheck NodePort', spec.healthCheckNodePort);
  if (spec.loadBalancerSourceRanges?.length)
    description.field('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges.join(','));
  if (spec.trafficDistribution) description.field('Traffic Distribution', spec.trafficDistribution);
  await description.describeEvents(object);
}

function endpointText(slices: readonly KubernetesObject[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const ready: string[] = [];
  for (const slice of slices) {
    const ports: { name?: string; port?: number }[] = slice['ports'] ?? [];
    const endpoints: any[] = (slice['endpoints'] ?? []).filter(
      (endpoint: any) => endpoint.conditions?.ready !== false,
    );
    if (ports.length === 0) ready.push(...endpoints.map((endpoint) => endpoint.addresses[0]));
    for (const { name = '', port } of ports)
      if (name === portName)
        ready.push(
          ...endpoints.map(({ addresses: [address] }) =>
            address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
          ),
        );
  }
  const text = ready.slice(0, MAX_ENDPOINTS).join(',');
  return ready.length > MAX_ENDPOINTS ? `${text} + ${ready.length - MAX_ENDPOINTS} more...` : text;
}

export async function describeEndpointSlice(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  description.head(object);
  description.metadata(object);
  description.field('AddressType', object['addressType']);
  const unset = '<unset>';
  const ports: any[] = object['ports'] ?? [];
  if (ports.length === 0) description.line(0, 'Ports: <unset>');
  else {
    description.line(0, 'Ports:');
    description.line(1, 'Name\tPort\tProtocol');
    description.line(1, '----\t----\t--------');
    for (const { name, port, protocol } of ports)
      description.line(1, `${name || unset}\t${port ?? unset}\t${protocol}`);
  }
  const endpoints: any[] = object['endpoints'] ?? [];
  description.line(0, endpoints.length === 0 ? 'Endpoints: <none>' : 'Endpoints:');
  for (const { addresses = [], conditions = {}, hostname, targetRef, nodeName, zone } of endpoints) {
    description.line(1, `- Addresses:\t${addresses.join(', ') || '<none>'}`);
    description.line(2, 'Conditions:');
    description.field('Ready', conditions.ready ?? unset, 3);
    description.field('Hostname', hostname ?? unset, 2);
    if (targetRef) description.field('TargetRef', `${targetRef.kind}/${targetRef.name}`, 2);
    description.field('NodeName', nodeName ?? unset, 2);
    description.field('Zone', zone ?? unset, 2);
  }
  await description.describeEvents(object);
}
