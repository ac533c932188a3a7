/** Ingress and NetworkPolicy. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { selectorOf } from '../../../../cluster/api/labels.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import type { Description } from './description.ts';

export async function describeIngress(description: Description, object: KubernetesObject): Promise<void> {
  const { metadata, spec, status = {} } = object;
  const addresses = (status.loadBalancer?.ingress ?? []) as { ip?: string; hostname?: string }[];
  description.field('Name', metadata.name);
  description.labels('Labels', metadata.labels);
  description.field('Namespace', metadata.namespace);
  description.field('Address', addresses.map(({ ip, hostname }) => ip ?? hostname ?? '').join(','));
  description.field('Ingress Class', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend;
  description.field(
    'Default backend',
    fallback ? await backend(description, metadata.namespace!, fallback) : '<default>',
  );
  const tls: { hosts?: string[]; secretName?: string }[] = spec.tls ?? [];
  if (tls.length > 0) {
    description.line(0, 'TLS:');
    for (const { hosts = [], secretName } of tls)
      description.line(
        1,
        secretName ? `${secretName} terminates ${hosts.join(',')}` : `SNI routes ${hosts.join(',')}`,
      );
  }
  description.line(0, 'Rules:');
  description.line(1, 'Host\tPath\tBackends');
  description.line(1, '----\t----\t--------');
  let described = 0;
  for (const { host, http } of spec.rules ?? []) {
    if (!http) continue;
    described++;
    description.line(1, `${host || '*'}\t`);
    for (const path of http.paths)
      description.line(
        1,
        `  \t${path.path ?? ''} \t${await backend(description, metadata.namespace!, path.backend)}`,
      );
  }
  if (described === 0)
    description.line(
      1,
      `*\t*\t${fallback ? await backend(description, metadata.namespace!, fallback) : '<default>'}`,
    );
  description.annotations('Annotations', metadata.annotations);
  await description.describeEvents(object);
}

/** `service:port (endpoints)` */
async function backend(description: Description, namespace: string, target: any): Promise<string> {
  const { service, resource } = target;
  if (resource) return `APIGroup: ${resource.apiGroup ?? ''}, Kind: ${resource.kind}, Name: ${resource.name}`;
  const port = service.port?.number ?? service.port?.name;
  return `${service.name}:${port} (${await endpoints(description, namespace, service.name, port)})`;
}

async function endpoints(
  description: Description,
  namespace: string,
  name: string,
  port: number | string,
): Promise<string> {
  let found: KubernetesObject;
  try {
    found = await description.invocation.api.get(`/api/v1/namespaces/${namespace}/services/${name}`);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `<error: ${error.message}>`;
  }
  const portName = (found.spec.ports ?? []).find(
    (each: { port: number; name?: string }) => each.port === port || each.name === port,
  )?.name;
  const slices = await description.list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const addresses = slices.flatMap((slice) =>
    ((slice['ports'] ?? []) as { name?: string; port: number }[])
      .filter((each) => (each.name ?? '') === (portName ?? ''))
      .flatMap((each) =>
        ((slice['endpoints'] ?? []) as { addresses: string[]; conditions?: { ready?: boolean } }[])
          .filter(({ conditions }) => conditions?.ready !== false)
          .map((endpoint) => `${endpoint.addresses[0]}:${each.port}`),
      ),
  );
  return addresses.length > 3
    ? `${addresses.slice(0, 3).join(',')} + ${addresses.length - 3} more...`
    : addresses.join(',');
}

export function describeNetworkPolicy(description: Description, object: KubernetesObject): void {
  const { metadata, spec } = object;
  description.head(object);
  description.field(
    'Created on',
    `${(metadata.creationTimestamp ?? '').replace('T', ' ').replace('Z', '')} +0000 UTC`,
  );
  description.metadata(object);
  description.line(0, 'Spec:');
  const selector = selectorOf(spec.podSelector).toString();
  description.line(
    1,
    `PodSelector:     ${selector || '<none> (Allowing the specific traffic to all pods in this namespace)'}`,
  );
  const types: string[] = spec.policyTypes ?? [];
  for (const direction of ['Ingress', 'Egress'] as const) {
    const word = direction.toLowerCase();
    if (!types.includes(direction)) {
      description.line(1, `Not affecting ${word} traffic`);
      continue;
    }
    description.line(1, `Allowing ${word} traffic:`);
    const rules: any[] = spec[word] ?? [];
    if (rules.length === 0)
      description.line(2, `<none> (Selected pods are isolated for ${word} connectivity)`);
    rules.forEach((rule, at) => {
      describePorts(description, rule.ports);
      describePeers(description, direction, direction === 'Ingress' ? rule.from : rule.to);
      if (at < rules.length - 1) description.line(2, '----------');
    });
  }
  description.line(1, `Policy Types: ${types.join(', ')}`);
}

function describePorts(description: Description, ports: any[] | undefined): void {
  if (!ports?.length) description.line(2, 'To Port: <any> (traffic allowed to all ports)');
  for (const { port, endPort, protocol = 'TCP' } of ports ?? [])
    description.line(
      2,
      `To Port: ${port === undefined ? '<any>' : endPort === undefined ? port : `${port}-${endPort}`}/${protocol}`,
    );
}

function describePeers(
  description: Description,
  direction: 'Ingress' | 'Egress',
  peers: any[] | undefined,
): void {
  const word = direction === 'Ingress' ? 'From' : 'To';
  if (!peers?.length) {
    const from = direction === 'Ingress' ? 'source' : 'destination';
    return description.line(2, `${word}: <any> (traffic not restricted by ${from})`);
  }
  const text = (selector: any) => selectorOf(selector).toString() || '<none>';
  for (const { podSelector, namespaceSelector, ipBlock } of peers) {
    description.line(2, `${word}:`);
    if (namespaceSelector) description.line(3, `NamespaceSelector: ${text(namespaceSelector)}`);
    if (podSelector) description.line(3, `PodSelector: ${text(podSelector)}`);
    if (!ipBlock) continue;
    description.line(3, 'IPBlock:');
    description.line(4, `CIDR: ${ipBlock.cidr}`);
    description.line(4, `Except: ${(ipBlock.except ?? []).join(', ')}`);
  }
}
