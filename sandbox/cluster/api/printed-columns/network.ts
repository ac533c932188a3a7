/** Rows of Services, Endpoints, EndpointSlices, Ingresses and NetworkPolicies. */
import { formatLabelSelector, formatLabels } from '../labels.ts';
import { age, type Cell, type CellsOf } from './table.ts';

/** `80/TCP,443:30443/TCP`. */
function ports(list: any[] | undefined): string {
  if (!list?.length) return '<none>';
  return list
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',');
}

function loadBalancer(status: any, wide: boolean): string {
  const addresses: string[] = (status?.loadBalancer?.ingress ?? [])
    .map((each: any) => each.ip || each.hostname)
    .filter(Boolean);
  const text = [...new Set(addresses)].toSorted().join(',');
  return !wide && text.length > 16 ? `${text.slice(0, 13)}...` : text;
}

function externalAddress({ spec = {}, status = {} }: any): string {
  const external = (spec.externalIPs ?? []).join(',');
  switch (spec.type) {
    case 'LoadBalancer': {
      const given = loadBalancer(status, true);
      const all = [given, external].filter(Boolean).join(',');
      return all || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return external || '<none>';
  }
}

const service: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {} } = object;
  return [
    metadata.name,
    spec.type,
    spec.clusterIPs?.[0] || spec.clusterIP || '<none>',
    externalAddress(object),
    ports(spec.ports),
    age(object, context),
    formatLabels(spec.selector),
  ];
};

/** At most three, then how many more there are. */
function shortList(items: string[], none: string): string {
  if (items.length === 0) return none;
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

const endpoints: CellsOf = (object, context): Cell[] => {
  const items: string[] = [];
  for (const subset of object.subsets ?? []) {
    const list = subset.ports?.length ? subset.ports : [{}];
    for (const { port } of list)
      for (const { ip } of subset.addresses ?? [])
        items.push(port === undefined ? ip : ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
  }
  return [
    object.metadata.name,
    shortList(items, object.subsets?.length ? '' : '<none>'),
    age(object, context),
  ];
};

const endpointSlice: CellsOf = (object, context): Cell[] => {
  const numbers = (object.ports ?? []).map((each: any) => String(each.port ?? '*'));
  const addresses = (object.endpoints ?? []).flatMap((each: any) => each.addresses ?? []);
  return [
    object.metadata.name,
    object.addressType,
    shortList(numbers, '<unset>'),
    shortList(addresses, '<unset>'),
    age(object, context),
  ];
};

const ingress: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  const hosts = (spec.rules ?? []).map((rule: any) => rule.host).filter(Boolean);
  return [
    metadata.name,
    spec.ingressClassName ?? '<none>',
    shortList(hosts, '*'),
    loadBalancer(status, true),
    spec.tls?.length ? '80, 443' : '80',
    age(object, context),
  ];
};

const ingressClass: CellsOf = (object, context): Cell[] => {
  const parameters = object.spec?.parameters;
  const group = parameters?.apiGroup ? `.${parameters.apiGroup}` : '';
  return [
    object.metadata.name,
    object.spec?.controller ?? '',
    parameters ? `${parameters.kind}${group}/${parameters.name}` : '<none>',
    age(object, context),
  ];
};

const networkPolicy: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  formatLabelSelector(object.spec?.podSelector),
  age(object, context),
];

export const networkCells: Record<string, CellsOf> = {
  '/services': service,
  '/endpoints': endpoints,
  'discovery.k8s.io/endpointslices': endpointSlice,
  'networking.k8s.io/ingresses': ingress,
  'networking.k8s.io/ingressclasses': ingressClass,
  'networking.k8s.io/networkpolicies': networkPolicy,
};
