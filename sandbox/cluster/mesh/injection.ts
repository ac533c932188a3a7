/**
 * Sidecar injection: what istiod's webhook makes of a pod (files/injection-template.yaml of Istio 1.30). The proxy is
 * a native sidecar (an init container that goes on), so that it runs before the application and ends after it; the
 * application's containers stay as they are, but that HTTP and TCP probes go by way of the agent, which reaches them
 * whatever the proxy demands of strangers. Left out: interception modes and port lists of annotations, custom
 * templates, the CNI plugin that stands for `istio-init`.
 */
import { ISTIO_VERSION } from '../images/istio/istio.ts';
import type { Container, Pod, Probe } from '../client/kinds.ts';
import { ownerName } from './workload.ts';

export const PROXY_CONTAINER = 'istio-proxy';
/** Where the agent listens: metrics, and probes of the application. */
export const STATUS_PORT = 15020;
export const READY_PORT = 15021;
export const ENVOY_METRICS_PORT = 15090;
export const STATUS_ANNOTATION = 'sidecar.istio.io/status';
export const PROBERS_VARIABLE = 'ISTIO_KUBE_APP_PROBERS';
export const PROMETHEUS_VARIABLE = 'ISTIO_PROMETHEUS_ANNOTATIONS';
const INJECT = 'sidecar.istio.io/inject';
const PROXY_IMAGE = `docker.io/istio/proxyv2:${ISTIO_VERSION}`;
const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];
const RESOURCES = { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '10m', memory: '40Mi' } };
const USER = 1337;

/** One of a JSON patch. */
export interface PatchOperation {
  op: 'add' | 'replace';
  path: string;
  value: unknown;
}

/** Probes of the application as the agent knows them, by the path that it answers. */
export type AppProbers = Record<
  string,
  { httpGet?: Probe['httpGet']; tcpSocket?: Probe['tcpSocket']; timeoutSeconds?: number }
>;

/** What makes the pod one with a sidecar; nothing for one that gets none. @param namespace of the request */
export function injection(pod: Pod, namespace: string): PatchOperation[] {
  const { metadata, spec } = pod;
  const wish = metadata.labels?.[INJECT] ?? metadata.annotations?.[INJECT];
  if (spec.hostNetwork || SYSTEM_NAMESPACES.includes(namespace) || wish === 'false') return [];
  if (metadata.annotations?.[STATUS_ANNOTATION] !== undefined) return [];
  const probers: AppProbers = {};
  const containers = spec.containers.map((container) => withAgentProbes(container, probers));
  const own = { ...metadata.annotations };
  const annotations = { ...own, ...annotationsOf(pod) };
  const proxy = proxyContainer(pod, namespace, probers, own);
  return [
    { op: metadata.labels ? 'replace' : 'add', path: '/metadata/labels', value: labelsOf(pod) },
    { op: metadata.annotations ? 'replace' : 'add', path: '/metadata/annotations', value: annotations },
    { op: 'replace', path: '/spec/containers', value: containers },
    {
      op: spec.initContainers ? 'replace' : 'add',
      path: '/spec/initContainers',
      value: [initContainer(), proxy, ...(spec.initContainers ?? [])],
    },
    {
      op: spec.volumes ? 'replace' : 'add',
      path: '/spec/volumes',
      value: [...VOLUMES, ...(spec.volumes ?? [])],
    },
  ];
}

function labelsOf({ metadata }: Pod): Record<string, string> {
  const { labels = {} } = metadata;
  return {
    ...labels,
    'security.istio.io/tlsMode': labels['security.istio.io/tlsMode'] ?? 'istio',
    'service.istio.io/canonical-name': (
      labels['service.istio.io/canonical-name'] ??
      labels['app.kubernetes.io/name'] ??
      labels['app'] ??
      workloadName({ metadata })
    )
      .slice(0, 63)
      .replace(/^[-_.]+|[-_.]+$/g, ''),
    'service.istio.io/canonical-revision':
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels['version'] ??
      'latest',
  };
}

function annotationsOf({ spec, metadata }: Pod): Record<string, string> {
  const first = spec.containers[0]!.name;
  const own = metadata.annotations ?? {};
  const scraped = own['prometheus.io/scrape'] !== 'false';
  return {
    'istio.io/rev': 'default',
    'kubectl.kubernetes.io/default-container': own['kubectl.kubernetes.io/default-container'] ?? first,
    'kubectl.kubernetes.io/default-logs-container':
      own['kubectl.kubernetes.io/default-logs-container'] ?? first,
    ...(scraped
      ? {
          'prometheus.io/path': '/stats/prometheus',
          'prometheus.io/port': String(STATUS_PORT),
          'prometheus.io/scrape': 'true',
        }
      : {}),
    [STATUS_ANNOTATION]: JSON.stringify({
      initContainers: ['istio-init', PROXY_CONTAINER],
      containers: null,
      volumes: VOLUMES.map(({ name }) => name),
      imagePullSecrets: null,
      revision: 'default',
    }),
  };
}

/** What redirects the pod's traffic to its proxy. */
const initContainer = (): Container => ({
  name: 'istio-init',
  image: PROXY_IMAGE,
  args: [
    'istio-iptables',
    '-p',
    '15001',
    '-z',
    '15006',
    '-u',
    '1337',
    '-m',
    'REDIRECT',
    '-i',
    '*',
    '-x',
    '',
    '-b',
    '*',
    '-d',
    '15090,15021,15020',
    '--log_output_level=default:info',
  ],
  resources: RESOURCES,
  securityContext: {
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
    readOnlyRootFilesystem: false,
    runAsGroup: 0,
    runAsNonRoot: false,
    runAsUser: 0,
  },
});

function proxyContainer(
  pod: Pod,
  namespace: string,
  probers: AppProbers,
  annotations: Readonly<Record<string, string>>,
): Container {
  const { metadata, spec } = pod;
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const scrape = annotations['prometheus.io/scrape'];
  const merged = {
    scrape,
    path: annotations['prometheus.io/path'] ?? '',
    port: annotations['prometheus.io/port'] ?? '',
  };
  const ready = { httpGet: { path: '/healthz/ready', port: READY_PORT }, timeoutSeconds: 3 };
  return {
    name: PROXY_CONTAINER,
    image: PROXY_IMAGE,
    restartPolicy: 'Always',
    args: [
      'proxy',
      'sidecar',
      '--domain',
      '$(POD_NAMESPACE).svc.cluster.local',
      '--proxyLogLevel=warning',
      '--proxyComponentLogLevel=misc:error',
      '--log_output_level=default:info',
    ],
    ports: [{ containerPort: ENVOY_METRICS_PORT, name: 'http-envoy-prom', protocol: 'TCP' }],
    env: [
      { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
      { name: 'CA_ADDR', value: 'istiod.istio-system.svc:15012' },
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      field('INSTANCE_IP', 'status.podIP'),
      field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
      field('HOST_IP', 'status.hostIP'),
      { name: 'ISTIO_META_POD_PORTS', value: JSON.stringify(ports) },
      { name: 'ISTIO_META_APP_CONTAINERS', value: spec.containers.map(({ name }) => name).join(',') },
      { name: 'ISTIO_META_CLUSTER_ID', value: 'Kubernetes' },
      field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
      { name: 'ISTIO_META_INTERCEPTION_MODE', value: 'REDIRECT' },
      { name: 'ISTIO_META_WORKLOAD_NAME', value: workloadName(pod) },
      {
        name: 'ISTIO_META_OWNER',
        value: `kubernetes://apis/apps/v1/namespaces/${metadata.namespace ?? namespace}/deployments/${workloadName(pod)}`,
      },
      { name: 'ISTIO_META_MESH_ID', value: 'cluster.local' },
      { name: 'TRUST_DOMAIN', value: 'cluster.local' },
      ...(scrape === 'true' ? [{ name: PROMETHEUS_VARIABLE, value: JSON.stringify(merged) }] : []),
      ...(Object.keys(probers).length > 0
        ? [{ name: PROBERS_VARIABLE, value: JSON.stringify(probers) }]
        : []),
    ],
    resources: RESOURCES,
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
    readinessProbe: { ...ready, periodSeconds: 15, failureThreshold: 4 },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: USER,
      runAsNonRoot: true,
      runAsUser: USER,
    },
    volumeMounts: [
      { name: 'workload-socket', mountPath: '/var/run/secrets/workload-spiffe-uds' },
      { name: 'credential-socket', mountPath: '/var/run/secrets/credential-uds' },
      { name: 'workload-certs', mountPath: '/var/run/secrets/workload-spiffe-credentials' },
      { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
      { name: 'istio-data', mountPath: '/var/lib/istio/data' },
      { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
      { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
      { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
    ],
  };
}

/** Of what made the pod; a pod that is made by hand stands for itself. */
const workloadName = ({ metadata }: Pick<Pod, 'metadata'>): string =>
  ownerName(metadata) ?? metadata.name ?? metadata.generateName?.replace(/-$/, '') ?? '';

const item = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } });

const VOLUMES: NonNullable<Pod['spec']['volumes']> = [
  { name: 'workload-socket', emptyDir: {} },
  { name: 'credential-socket', emptyDir: {} },
  { name: 'workload-certs', emptyDir: {} },
  { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
  { name: 'istio-data', emptyDir: {} },
  {
    name: 'istio-podinfo',
    downwardAPI: { items: [item('labels', 'metadata.labels'), item('annotations', 'metadata.annotations')] },
  },
  {
    name: 'istio-token',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'istio-token', expirationSeconds: 43_200, audience: 'istio-ca' } },
      ],
    },
  },
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
];

const KINDS = { livenessProbe: 'livez', readinessProbe: 'readyz', startupProbe: 'startupz' } as const;

/** The container with probes that ask the agent, which is told what they asked. */
function withAgentProbes(container: Container, probers: AppProbers): Container {
  const rewritten = { ...container };
  for (const [kind, name] of Object.entries(KINDS) as [keyof typeof KINDS, string][]) {
    const probe = container[kind];
    if (!probe?.httpGet && !probe?.tcpSocket) continue;
    const path = `/app-health/${container.name}/${name}`;
    const { httpGet, tcpSocket, timeoutSeconds, ...rest } = probe;
    probers[path] = {
      ...(httpGet ? { httpGet: { ...httpGet, port: portOf(container, httpGet.port) } } : {}),
      ...(tcpSocket ? { tcpSocket: { ...tcpSocket, port: portOf(container, tcpSocket.port) } } : {}),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    };
    const headers = httpGet?.httpHeaders ? { httpHeaders: httpGet.httpHeaders } : {};
    rewritten[kind] = {
      ...rest,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      httpGet: { path, port: STATUS_PORT, scheme: 'HTTP', ...headers },
    };
  }
  return rewritten;
}

/** By its name among the container's ports. */
function portOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}
