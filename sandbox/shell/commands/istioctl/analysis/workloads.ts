/** Ports and annotations of workloads, and policies that no workload has. */
import { ISTIO_NAMESPACE, matchesLabels } from '../mesh-objects.ts';
import type { Analyzer } from './message.ts';

const PROTOCOLS = [
  'grpc', 'grpc-web', 'http', 'http2', 'https', 'http_proxy', 'hbone', 'mongo', 'mysql', 'redis', 'tcp', 'tls', 'udp',
]; // prettier-ignore

/** Ports whose protocol is known without a name. */
const WELL_KNOWN = [3306, 27017];

/** Whether the name of a port says its protocol: `http`, `http-web`, … */
function saysProtocol({ name = '', port, protocol = 'TCP', appProtocol }: Record<string, any>): boolean {
  if (protocol !== 'TCP' || appProtocol || WELL_KNOWN.includes(port)) return true;
  const lower = String(name).toLowerCase();
  return PROTOCOLS.some((each) => lower === each || lower.startsWith(`${each}-`));
}

export const portNames: Analyzer = ({ objects, report }) => {
  for (const service of objects.all('Service')) {
    const { namespace, labels = {}, name } = service.metadata;
    const isControlPlane = namespace === ISTIO_NAMESPACE && labels['istio'] === 'pilot';
    // The API server's own, and what the gateway made.
    if (isControlPlane || (namespace === 'default' && name === 'kubernetes')) continue;
    for (const port of service.spec?.ports ?? [])
      if (!saysProtocol(port))
        report(
          'Info',
          'IST0118',
          service,
          `Port name ${port.name ?? ''} (port: ${port.port}, targetPort: ${port.targetPort ?? port.port}) doesn't follow the naming convention of Istio port.`,
          `port: ${port.port}`,
        );
  }
};

/** Annotations of Istio, by the kinds that they are for. */
const ANNOTATIONS: Readonly<Record<string, readonly string[]>> = {
  Pod: `inject.istio.io/templates istio.io/rev istio.io/use-waypoint ambient.istio.io/redirection
    networking.istio.io/tunnel prometheus.istio.io/merge-metrics proxy.istio.io/config proxy.istio.io/overrides
    readiness.status.sidecar.istio.io/applicationPorts readiness.status.sidecar.istio.io/failureThreshold
    readiness.status.sidecar.istio.io/initialDelaySeconds readiness.status.sidecar.istio.io/periodSeconds
    sidecar.istio.io/agentLogLevel sidecar.istio.io/bootstrapOverride sidecar.istio.io/componentLogLevel
    sidecar.istio.io/controlPlaneAuthPolicy sidecar.istio.io/discoveryAddress sidecar.istio.io/enableCoreDump
    sidecar.istio.io/extraStatTags sidecar.istio.io/inject sidecar.istio.io/interceptionMode sidecar.istio.io/logLevel
    sidecar.istio.io/nativeSidecar sidecar.istio.io/proxyCPU sidecar.istio.io/proxyCPULimit sidecar.istio.io/proxyImage
    sidecar.istio.io/proxyImageType sidecar.istio.io/proxyMemory sidecar.istio.io/proxyMemoryLimit
    sidecar.istio.io/rewriteAppHTTPProbers sidecar.istio.io/statsCompression sidecar.istio.io/statsHistogramBuckets
    sidecar.istio.io/statsInclusionPrefixes sidecar.istio.io/statsInclusionRegexps sidecar.istio.io/statsInclusionSuffixes
    sidecar.istio.io/status sidecar.istio.io/userVolume sidecar.istio.io/userVolumeMount status.sidecar.istio.io/port
    topology.istio.io/controlPlaneClusters traffic.sidecar.istio.io/excludeInboundPorts
    traffic.sidecar.istio.io/excludeInterfaces traffic.sidecar.istio.io/excludeOutboundIPRanges
    traffic.sidecar.istio.io/excludeOutboundPorts traffic.sidecar.istio.io/includeInboundPorts
    traffic.sidecar.istio.io/includeOutboundIPRanges traffic.sidecar.istio.io/includeOutboundPorts
    traffic.sidecar.istio.io/kubevirtInterfaces`.split(/\s+/),
  Service:
    `networking.istio.io/exportTo networking.istio.io/traffic-distribution networking.istio.io/service-type
    alpha.istio.io/canonical-serviceaccounts alpha.istio.io/kubernetes-serviceaccounts`.split(/\s+/),
  Namespace: ['istio.io/waypoint-for', 'topology.istio.io/controlPlaneClusters'],
  Deployment: [],
};

const isIstios = (annotation: string): boolean => annotation.split('/')[0]!.endsWith('istio.io');

export const annotations: Analyzer = ({ objects, report }) => {
  for (const kind of ['Namespace', 'Service', 'Pod', 'Deployment'] as const)
    for (const object of objects.all(kind))
      for (const name of Object.keys(object.metadata.annotations ?? {}).filter(isIstios)) {
        if (ANNOTATIONS[kind]!.includes(name)) continue;
        const elsewhere = Object.keys(ANNOTATIONS).filter((other) => ANNOTATIONS[other]!.includes(name));
        if (elsewhere.length > 0)
          report(
            'Warning',
            'IST0107',
            object,
            `Misplaced annotation: ${name} can only be applied to ${elsewhere.join(', ')}`,
            name,
          );
        else report('Warning', 'IST0108', object, `Unknown annotation: ${name}`, name);
      }
};

export const policies: Analyzer = ({ objects, report }) => {
  const pods = objects.all('Pod');
  const namespaces = objects.all('Namespace').map(({ metadata }) => metadata.name);
  for (const policy of objects.all('AuthorizationPolicy')) {
    const { namespace } = policy.metadata;
    const wanted: Record<string, string> = policy.spec?.selector?.matchLabels ?? {};
    const isMeshWide = namespace === ISTIO_NAMESPACE;
    const own = isMeshWide ? pods : pods.filter(({ metadata }) => metadata.namespace === namespace);
    const hasSelector = policy.spec?.selector !== undefined;
    if ((hasSelector || !isMeshWide) && !own.some(({ metadata }) => matchesLabels(metadata.labels, wanted)))
      report(
        'Warning',
        'IST0127',
        policy,
        `No matching workloads for this resource with the following labels: ${Object.entries(wanted)
          .map(([name, value]) => `${name}=${value}`)
          .sort()
          .join(',')}`,
      );
    for (const rule of policy.spec?.rules ?? [])
      for (const from of rule.from ?? [])
        for (const name of [...(from.source?.namespaces ?? []), ...(from.source?.notNamespaces ?? [])])
          if (!namespaces.some((each) => namespaceMatches(each, name)))
            report(
              'Error',
              'IST0101',
              policy,
              `Referenced namespace not found: ${JSON.stringify(name)}`,
              name,
            );
  }
};

function namespaceMatches(namespace: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*')) return namespace.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return namespace.startsWith(pattern.slice(0, -1));
  return namespace === pattern;
}
