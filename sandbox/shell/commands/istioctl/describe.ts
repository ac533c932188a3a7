/**
 * `istioctl experimental describe pod|service NAME`: what of the mesh's configuration is about a pod. Left out: gateways, the
 * policies that the proxy reports itself, and port levels of a DestinationRule.
 */
import { CommandError } from '../kubectl/errors.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { IstioctlCommand } from './istioctl.ts';
import {
  fullHost,
  hasProxy,
  ISTIO_NAMESPACE,
  matchesLabels,
  MeshObjects,
  type MeshObject,
} from './mesh-objects.ts';

const REQUIREMENTS = 'https://istio.io/v1.30/docs/ops/deployment/application-requirements/';
const SERVICE_LABELS = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'];
const REVISION_LABELS = ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version'];

export const describe: IstioctlCommand = {
  use: 'experimental describe pod|service <name>',
  short: 'Describe resource and related Istio configuration',
  flags: [],
  run: async (invocation) => {
    const [what, name] = invocation.args;
    if (!['pod', 'po', 'service', 'svc'].includes(what ?? '') || !name)
      throw new CommandError('expecting pod or service, and its name');
    const objects = await MeshObjects.read(invocation.api, [
      'Pod',
      'Service',
      'VirtualService',
      'DestinationRule',
      'PeerAuthentication',
      'AuthorizationPolicy',
    ]);
    const { namespace } = invocation.namespace;
    const [short = '', own = namespace] = name.split('.');
    if (what!.startsWith('po')) {
      const pod = objects.get('Pod', own, short);
      if (!pod) throw new CommandError(`pods ${JSON.stringify(short)} not found`);
      return new Description(invocation, objects, own).pod(pod);
    }
    const service = objects.get('Service', own, short);
    if (!service) throw new CommandError(`services ${JSON.stringify(short)} not found`);
    return new Description(invocation, objects, own).service(service);
  },
};

class Description {
  readonly #invocation: Invocation;
  readonly #objects: MeshObjects;
  readonly #namespace: string;
  #text = '';

  constructor(invocation: Invocation, objects: MeshObjects, namespace: string) {
    this.#invocation = invocation;
    this.#objects = objects;
    this.#namespace = namespace;
  }

  async pod(pod: MeshObject): Promise<void> {
    this.#podHead(pod);
    const services = this.#objects
      .all('Service')
      .filter(
        ({ metadata, spec }) =>
          metadata.namespace === pod.metadata.namespace &&
          spec.selector &&
          matchesLabels(pod.metadata.labels, spec.selector),
      );
    if (hasProxy(pod)) {
      this.#line('--------------------');
      for (const service of services) this.#serviceOf(service, pod);
      this.#policies(pod);
    }
    await this.#invocation.print(this.#text);
  }

  async service(service: MeshObject): Promise<void> {
    const pods = this.#objects
      .all('Pod')
      .filter(
        ({ metadata, spec }) =>
          metadata.namespace === service.metadata.namespace &&
          service.spec.selector &&
          matchesLabels(metadata.labels, service.spec.selector) &&
          spec,
      );
    if (pods.length === 0) this.#line(`Service ${JSON.stringify(this.#name(service))} has no pods.`);
    else if (!pods.some(hasProxy))
      this.#line(
        `Service ${JSON.stringify(this.#name(service))} has no Istio pods.  (${pods.length} pods in service).\n` +
          'Use `istioctl kube-inject` or redeploy with Istio automatic sidecar injection.',
      );
    else {
      const pod = pods.find(hasProxy)!;
      this.#serviceOf(service, pod);
      this.#policies(pod);
    }
    await this.#invocation.print(this.#text);
  }

  #line(text: string): void {
    this.#text += `${text}\n`;
  }

  #name({ metadata }: MeshObject): string {
    return metadata.namespace === this.#namespace ? metadata.name : `${metadata.name}.${metadata.namespace}`;
  }

  #podHead(pod: MeshObject): void {
    const { labels = {} } = pod.metadata;
    const ports = pod.spec.containers.flatMap(
      ({ name, ports: own = [] }: { name: string; ports?: { containerPort: number; protocol?: string }[] }) =>
        own.map(
          ({ containerPort, protocol = 'TCP' }) =>
            `${containerPort}${protocol === 'TCP' ? '' : `/${protocol}`} (${name})`,
        ),
    );
    this.#line(`Pod: ${this.#name(pod)}`);
    this.#line(`   Pod Revision: ${labels['istio.io/rev'] ?? 'default'}`);
    this.#line(ports.length > 0 ? `   Pod Ports: ${ports.join(', ')}` : '   Pod does not expose ports');
    if (pod.status?.phase !== 'Running') {
      this.#line(`   Pod is not Running (${pod.status?.phase})`);
      return;
    }
    for (const { name, ready } of pod.status.containerStatuses ?? [])
      if (!ready) this.#line(`WARNING: Pod ${this.#name(pod)} Container ${name} NOT READY`);
    if (!hasProxy(pod)) {
      this.#line(`WARNING: ${this.#name(pod)} is not part of mesh; no Istio sidecar`);
      return;
    }
    const has = (names: readonly string[]) => names.some((name) => labels[name]);
    if (!has(SERVICE_LABELS))
      this.#line(`Suggestion: add required service name label for Istio telemetry. See ${REQUIREMENTS}.`);
    if (!has(REVISION_LABELS))
      this.#line(`Suggestion: add required service revision label for Istio telemetry. See ${REQUIREMENTS}.`);
  }

  #serviceOf(service: MeshObject, pod: MeshObject): void {
    this.#line(`Service: ${this.#name(service)}`);
    for (const { name = '', port, protocol = 'TCP', targetPort = port } of service.spec.ports ?? []) {
      if (protocol !== 'TCP') continue;
      const said = name === '' ? 'auto-detect' : protocolOf(name);
      this.#line(`   Port: ${name} ${port}/${said} targets pod port ${portNumber(pod, targetPort)}`);
    }
    const { name, namespace = '' } = service.metadata;
    const host = fullHost(name, namespace);
    const isAbout = (of: MeshObject, text: string) => fullHost(text, of.metadata.namespace ?? '') === host;
    const rule = this.#objects.all('DestinationRule').find((each) => isAbout(each, each.spec.host));
    const matching = rule && this.#rule(rule, pod);
    const virtualService = this.#objects
      .all('VirtualService')
      .find((each) => (each.spec.hosts ?? []).some((text: string) => isAbout(each, text)));
    if (virtualService) this.#virtualService(virtualService, isAbout, matching);
  }

  /** The subsets that the pod is in. */
  #rule(rule: MeshObject, pod: MeshObject): string[] {
    this.#line(`DestinationRule: ${this.#name(rule)} for ${JSON.stringify(rule.spec.host)}`);
    const subsets: { name: string; labels?: Record<string, string> }[] = rule.spec.subsets ?? [];
    const isIn = ({ labels = {} }: { labels?: Record<string, string> }) =>
      matchesLabels(pod.metadata.labels, labels);
    const matching = subsets.filter(isIn).map(({ name }) => name);
    const others = subsets.filter((subset) => !isIn(subset)).map(({ name }) => name);
    if (subsets.length > 0) {
      if (matching.length === 0)
        this.#line(`   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets ${others.join(',')})`);
      this.#line(`   Matching subsets: ${matching.join(',')}`);
      if (others.length > 0) this.#line(`      (Non-matching subsets ${others.join(',')})`);
    }
    const policy = rule.spec.trafficPolicy;
    if (!policy) this.#line('   No Traffic Policy');
    else {
      if (policy.tls?.mode) this.#line(`   Traffic Policy TLS Mode: ${policy.tls.mode}`);
      const parts = [
        ['loadBalancer', 'load balancer'],
        ['connectionPool', 'connection pool'],
        ['outlierDetection', 'outlier detection'],
      ].filter(([field]) => policy[field!]);
      if (parts.length > 0) this.#line(`   ${parts.map(([, text]) => text).join('/')}`);
    }
    return matching;
  }

  #virtualService(
    object: MeshObject,
    isAbout: (of: MeshObject, text: string) => boolean,
    subsets: readonly string[] | undefined,
  ): void {
    this.#line(`VirtualService: ${this.#name(object)}`);
    const rules: any[] = object.spec.http ?? [];
    const reaches = ({ route = [] }: any) =>
      route.some(
        ({ destination }: any) =>
          isAbout(object, destination.host) &&
          (!destination.subset || !subsets || subsets.includes(destination.subset)),
      );
    const reaching = rules.filter(reaches);
    if (reaching.length === 0) {
      this.#line(`   WARNING: No destinations match pod subsets (checked ${rules.length} HTTP routes)`);
      return;
    }
    let facts = 0;
    for (const rule of reaching) {
      const weights = (rule.route ?? []).filter(
        ({ destination }: any) => !destination.subset || !subsets || subsets.includes(destination.subset),
      );
      for (const { weight } of weights)
        if (weight !== undefined && weight !== 100) {
          this.#line(`   Weight ${weight}%`);
          facts++;
        }
      for (const match of rule.match ?? []) {
        const parts = Object.entries(match).map(([field, value]) => `${field} ${JSON.stringify(value)}`);
        this.#line(`   Match: ${parts.join(', ')}`);
        facts++;
      }
      if (rule.fault) {
        this.#line(`   Fault injection ${Object.keys(rule.fault).join(', ')}`);
        facts++;
      }
    }
    if (reaching.length < rules.length)
      this.#line(
        `   ${rules.length - reaching.length} additional destination(s) that will not reach this pod`,
      );
    else if (facts === 0) this.#line(`   ${rules.length} HTTP route(s)`);
  }

  #policies(pod: MeshObject): void {
    const { namespace, labels } = pod.metadata;
    const own = this.#objects
      .all('AuthorizationPolicy')
      .filter(
        ({ metadata, spec }) =>
          [namespace, ISTIO_NAMESPACE].includes(metadata.namespace) &&
          matchesLabels(labels, spec?.selector?.matchLabels ?? {}),
      );
    if (own.length > 0)
      this.#line(
        `RBAC policies: ${own.map(({ metadata }) => `ns[${metadata.namespace}]-policy[${metadata.name}]`).join(', ')}`,
      );
    const mode = peerMode(this.#objects.all('PeerAuthentication'), namespace ?? '', labels ?? {});
    this.#line('--------------------');
    this.#line('Effective PeerAuthentication:');
    this.#line(`   Workload mTLS mode: ${mode.mode}`);
    if (mode.applied.length > 0) {
      this.#line('Applied PeerAuthentication:');
      this.#line(
        `   ${mode.applied.map(({ metadata }) => `${metadata.name}.${metadata.namespace}`).join(', ')}`,
      );
    }
  }
}

/** The narrowest that says something: workload, namespace, mesh. */
function peerMode(
  all: readonly MeshObject[],
  namespace: string,
  labels: Readonly<Record<string, string>>,
): { mode: string; applied: MeshObject[] } {
  const width = ({ metadata, spec }: MeshObject): number => {
    const selector = spec?.selector?.matchLabels;
    if (selector) return metadata.namespace === namespace && matchesLabels(labels, selector) ? 0 : Infinity;
    if (metadata.namespace === namespace) return 1;
    return metadata.namespace === ISTIO_NAMESPACE ? 2 : Infinity;
  };
  const applied = all.filter((each) => width(each) < Infinity).toSorted((a, b) => width(b) - width(a));
  const modes = applied.map(({ spec }) => spec?.mtls?.mode).filter((mode) => mode && mode !== 'UNSET');
  return { mode: modes.at(-1) ?? 'PERMISSIVE', applied };
}

/** By the name of a port: `http-web` → `HTTP`. */
const protocolOf = (name: string): string =>
  /^(http2|https?|grpc|tcp|tls|mongo|mysql|redis)(?=-|$)/.exec(name)?.[0].toUpperCase() ??
  'UnsupportedProtocol';

function portNumber(pod: MeshObject, target: number | string): number | string {
  if (typeof target === 'number') return target;
  for (const { ports = [] } of pod.spec.containers)
    for (const { name, containerPort } of ports) if (name === target) return containerPort;
  return target;
}
