/**
 * `istioctl proxy-config cluster|route|endpoint|secret POD`: what a pod's proxy has been told, in istioctl's tables. Proxies
 * here ask the mesh for what they need when they need it, so clusters, routes and endpoints are worked out of the same
 * objects that the mesh reads; certificates, and which endpoints are ejected, are asked of the proxy's administration.
 * Left out: listeners, bootstrap, logs, and output other than tables.
 */
import { decode } from '../../../core/bytes.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import { podFor } from '../kubectl/pod-of.ts';
import { runRemote } from '../kubectl/remote-command.ts';
import type { IstioctlCommand } from './istioctl.ts';
import {
  DOMAIN,
  fullHost,
  hasProxy,
  matchesLabels,
  MeshObjects,
  PROXY,
  type MeshKind,
  type MeshObject,
} from './mesh-objects.ts';
import { tableText } from './table.ts';

const KINDS: readonly MeshKind[] = ['Service', 'EndpointSlice', 'Pod', 'VirtualService', 'DestinationRule'];
const POD_WAIT_MS = 60_000;

const FILTERS: readonly Flag[] = [
  flag('fqdn', '', 'Filter clusters by substring of Service FQDN field'),
  flag('port', 0, 'Filter by Port field'),
  flag('subset', '', 'Filter clusters by substring of Subset field'),
  flag('direction', '', 'Filter clusters by Direction field'),
  flag('name', '', 'Filter routes by route name field'),
  flag('cluster', '', 'Filter endpoints by cluster name field'),
  flag('address', '', 'Filter endpoints by address field'),
  flag('status', '', 'Filter endpoints by status field'),
  flag('output,o', 'short', 'Output format: one of short'),
];

const SUBCOMMANDS: Readonly<Record<string, string>> = {
  cluster: 'cluster', clusters: 'cluster', c: 'cluster', cl: 'cluster',
  route: 'route', routes: 'route', r: 'route',
  endpoint: 'endpoint', endpoints: 'endpoint', ep: 'endpoint',
  secret: 'secret', secrets: 'secret', s: 'secret',
}; // prettier-ignore

export const proxyConfig: IstioctlCommand = {
  use: 'proxy-config cluster|route|endpoint|secret <pod-name[.namespace]>',
  short: 'Retrieve information about proxy configuration from Envoy',
  flags: FILTERS,
  run: async (invocation) => {
    const [typed = '', target] = invocation.args;
    const what = SUBCOMMANDS[typed];
    if (!what)
      throw new CommandError(
        `istioctl proxy-config ${typed} is not available; there are cluster, route, endpoint and secret`,
      );
    if (!target) throw new CommandError(`${what} requires pod name or --file parameter`);
    if (invocation.flags.string('output') !== 'short')
      throw new CommandError(
        `output format ${JSON.stringify(invocation.flags.string('output'))} not supported here; there is short`,
      );
    const pod = await proxyPod(invocation, target);
    if (what === 'secret') {
      const dump = await administration(invocation, pod, 'config_dump');
      const { secretRows } = await import('./secret-table.ts');
      return invocation.print(secretRows(dump, invocation.now()));
    }
    const view = new ProxyView(await MeshObjects.read(invocation.api, KINDS), pod);
    if (what === 'cluster') return invocation.print(clusterTable(invocation, view));
    if (what === 'route') return invocation.print(routeTable(invocation, view));
    const stats = await administration(invocation, pod, 'clusters');
    return invocation.print(endpointTable(invocation, view, stats));
  },
};

/** `web-1`, `web-1.shop`, `deploy/web`: the pod, which has a proxy. */
export async function proxyPod(invocation: Invocation, target: string): Promise<MeshObject> {
  let pod: MeshObject;
  if (target.includes('/'))
    pod = (await podFor(invocation, target, 'active', POD_WAIT_MS)) as unknown as MeshObject;
  else {
    const [name, namespace = invocation.namespace.namespace] = target.split('.');
    pod = await invocation.api.get<MeshObject>(`/api/v1/namespaces/${namespace}/pods/${name}`);
  }
  if (!hasProxy(pod))
    throw new CommandError(
      `unable to retrieve Pod: pod ${pod.metadata.name}.${pod.metadata.namespace} has no container ${PROXY}: it is not in the mesh, or in ambient mode`,
    );
  return { ...pod, kind: 'Pod' };
}

/** What the proxy's administration answers. */
async function administration(
  invocation: Invocation,
  { metadata }: MeshObject,
  path: string,
): Promise<string> {
  let text = '';
  await runRemote(
    invocation,
    `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/exec`,
    { command: ['pilot-agent', 'request', 'GET', path], container: PROXY },
    { stdin: false, tty: false, output: (bytes) => void (text += decode(bytes)) },
  );
  return text;
}

interface Cluster {
  /** Undefined for those that are no Service's. */
  fqdn: string;
  port: number | undefined;
  subset: string;
  direction: 'outbound' | 'inbound' | '';
  type: string;
  rule: string;
  labels: Readonly<Record<string, string>>;
  service: MeshObject | undefined;
}

/** `outbound|80|v1|web.shop.svc.cluster.local` */
const nameOf = ({ direction, port, subset, fqdn }: Cluster): string =>
  direction ? `${direction}|${port}|${subset}|${fqdn}` : fqdn;

const STATIC: readonly (readonly [string, string])[] = [
  ['BlackHoleCluster', 'STATIC'],
  ['InboundPassthroughCluster', 'ORIGINAL_DST'],
  ['PassthroughCluster', 'ORIGINAL_DST'],
  ['agent', 'STATIC'],
  ['prometheus_stats', 'STATIC'],
  ['sds-grpc', 'STATIC'],
  ['xds-grpc', 'STATIC'],
];

/** The mesh as one proxy is told of it. */
class ProxyView {
  readonly objects: MeshObjects;
  readonly pod: MeshObject;

  constructor(objects: MeshObjects, pod: MeshObject) {
    this.objects = objects;
    this.pod = pod;
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? '';
  }

  clusters(): Cluster[] {
    const found: Cluster[] = STATIC.map(([fqdn, type]) => ({
      fqdn,
      port: undefined,
      subset: '',
      direction: '',
      type,
      rule: '',
      labels: {},
      service: undefined,
    }));
    for (const service of this.objects.all('Service')) {
      const { name, namespace = '' } = service.metadata;
      const fqdn = `${name}.${namespace}.${DOMAIN}`;
      const rule = this.#ruleFor(fqdn);
      const type =
        service.spec.type === 'ExternalName'
          ? 'STRICT_DNS'
          : service.spec.clusterIP === 'None'
            ? 'ORIGINAL_DST'
            : 'EDS';
      for (const { port, protocol = 'TCP', targetPort } of service.spec.ports ?? []) {
        if (protocol !== 'TCP') continue;
        const shared = {
          fqdn,
          port,
          direction: 'outbound' as const,
          type,
          rule: rule ? `${rule.metadata.name}.${rule.metadata.namespace}` : '',
          service,
        };
        found.push({ ...shared, subset: '', labels: {} });
        for (const { name: subset, labels = {} } of rule?.spec.subsets ?? [])
          found.push({ ...shared, subset, labels });
        const isOwn =
          namespace === this.namespace &&
          service.spec.selector &&
          matchesLabels(this.pod.metadata.labels, service.spec.selector);
        const own = isOwn && portOfPod(this.pod, targetPort ?? port);
        if (own && !found.some((each) => each.direction === 'inbound' && each.port === own))
          found.push({
            ...shared,
            fqdn: '',
            port: own,
            subset: '',
            direction: 'inbound',
            type: 'ORIGINAL_DST',
            rule: '',
            labels: {},
          });
      }
    }
    return found.sort(
      (a, b) =>
        compare(a.fqdn, b.fqdn) ||
        compare(a.subset, b.subset) ||
        (a.port ?? 0) - (b.port ?? 0) ||
        compare(a.direction, b.direction),
    );
  }

  /** The one of the caller's namespace comes before that of the Service's. */
  #ruleFor(fqdn: string): MeshObject | undefined {
    const rules = this.objects
      .all('DestinationRule')
      .filter(({ metadata, spec }) => fullHost(spec.host, metadata.namespace ?? '') === fqdn);
    return rules.find(({ metadata }) => metadata.namespace === this.namespace) ?? rules[0];
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function portOfPod(pod: MeshObject, target: number | string): number | undefined {
  if (typeof target === 'number') return target;
  const ports = pod.spec.containers.flatMap(
    ({ ports: own = [] }: { ports?: { name?: string; containerPort: number }[] }) => own,
  );
  return ports.find(({ name }: { name?: string }) => name === target)?.containerPort;
}

function clusterTable({ flags }: Invocation, view: ProxyView): string {
  const [fqdn, port, subset, direction] = [
    flags.string('fqdn'),
    flags.int('port'),
    flags.string('subset'),
    flags.string('direction'),
  ];
  const rows = view
    .clusters()
    .filter((each) => each.fqdn.includes(fqdn) && each.subset.includes(subset))
    .filter(
      (each) => (port === 0 || each.port === port) && (direction === '' || each.direction === direction),
    )
    .map((each) => [
      each.fqdn,
      each.port === undefined ? '-' : String(each.port),
      each.subset || '-',
      each.direction || '-',
      each.type,
      each.rule,
    ]);
  return tableText(['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'], rows);
}

function endpointTable({ flags }: Invocation, view: ProxyView, stats: string): string {
  const ejected = new Set(
    stats
      .split('\n')
      .filter((line) => line.includes('failed_outlier_check'))
      .map((line) => line.split('::').slice(0, 2).join(' ')),
  );
  const rows: string[][] = [
    ['127.0.0.1:15000', 'HEALTHY', 'OK', 'prometheus_stats'],
    ['127.0.0.1:15020', 'HEALTHY', 'OK', 'agent'],
    ['unix://./etc/istio/proxy/XDS', 'HEALTHY', 'OK', 'xds-grpc'],
    ['unix://./var/run/secrets/workload-spiffe-uds/socket', 'HEALTHY', 'OK', 'sds-grpc'],
  ];
  for (const cluster of view.clusters())
    for (const endpoint of endpointsOf(view.objects, cluster)) {
      const name = nameOf(cluster);
      const failed = ejected.has(`${name} ${endpoint}`);
      rows.push([endpoint, 'HEALTHY', failed ? 'FAILED' : 'OK', name]);
    }
  const [cluster, address, port, status] = [
    flags.string('cluster'),
    flags.string('address'),
    flags.int('port'),
    flags.string('status'),
  ];
  const shown = rows
    .filter(([endpoint, health, , name]) => {
      const at = endpoint!.lastIndexOf(':');
      return (
        (cluster === '' || name === cluster) &&
        (address === '' || endpoint!.slice(0, at) === address) &&
        (port === 0 || endpoint!.slice(at + 1) === String(port)) &&
        (status === '' || health === status.toUpperCase())
      );
    })
    .sort((a, b) => compare(a[0]!, b[0]!) || compare(a[3]!, b[3]!));
  return tableText(['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], shown);
}

/** `address:port` of the ready ones, of the subset if it is one. */
function endpointsOf(objects: MeshObjects, { service, port, direction, labels }: Cluster): string[] {
  if (!service || direction !== 'outbound') return [];
  const { name, namespace = '' } = service.metadata;
  const portName = service.spec.ports.find((each: { port: number }) => each.port === port)?.name ?? '';
  return objects
    .all('EndpointSlice')
    .filter(
      ({ metadata }) =>
        metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
    )
    .flatMap(({ endpoints = [], ports = [] }) => {
      const found = ports.find((each) => (each.name ?? '') === portName);
      return endpoints
        .filter(({ conditions, targetRef }) => {
          const pod = targetRef && objects.get('Pod', targetRef.namespace ?? namespace, targetRef.name);
          return conditions?.ready !== false && matchesLabels(pod?.metadata.labels, labels);
        })
        .map(({ addresses }) => `${addresses[0]}:${found?.port}`);
    });
}

function routeTable({ flags }: Invocation, view: ProxyView): string {
  const rows: string[][] = [];
  for (const service of view.objects.all('Service')) {
    const { name, namespace = '' } = service.metadata;
    const fqdn = `${name}.${namespace}.${DOMAIN}`;
    const virtualService = view.objects
      .all('VirtualService')
      .find(({ metadata, spec }) =>
        (spec.hosts ?? []).some((host: string) => fullHost(host, metadata.namespace ?? '') === fqdn),
      );
    for (const { port, name: portName = '', protocol = 'TCP' } of service.spec.ports ?? []) {
      if (protocol !== 'TCP' || /^(https|tls|tcp|mysql|mongo|redis)(-|$)/.test(portName)) continue;
      const short = namespace === view.namespace ? [name, `${name}.${namespace}`] : [`${name}.${namespace}`];
      const domains =
        service.spec.clusterIP && service.spec.clusterIP !== 'None'
          ? [...short, service.spec.clusterIP]
          : short;
      const owner = virtualService
        ? `${virtualService.metadata.name}.${virtualService.metadata.namespace}`
        : '';
      for (const match of virtualService ? matchesOf(virtualService) : ['/*'])
        rows.push([String(port), `${fqdn}:${port}`, shownDomains(domains), match, owner]);
    }
  }
  const shown = rows
    .filter(([routeName]) => flags.string('name') === '' || routeName === flags.string('name'))
    .sort((a, b) => Number(a[0]) - Number(b[0]) || compare(a[1]!, b[1]!));
  shown.push(['', 'backend', '*', '/stats/prometheus*', ''], ['', 'backend', '*', '/healthz/ready*', '']);
  return tableText(['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'], shown);
}

function shownDomains(domains: readonly string[]): string {
  const first = domains.slice(0, 2).join(', ');
  return domains.length > 2 ? `${first} + ${domains.length - 2} more...` : first;
}

/** The paths of a VirtualService's rules, each match a row. */
function matchesOf({ spec }: MeshObject): string[] {
  return (spec.http ?? []).flatMap((rule: any) =>
    (rule.match?.length ? rule.match : [{}]).map(({ uri = {} }: any) =>
      uri.exact ? uri.exact : uri.regex ? `regex ${uri.regex}` : `${uri.prefix ?? '/'}*`,
    ),
  );
}
