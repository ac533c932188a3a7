/** Service and EndpointSlice. What needs allocated addresses and ports is the API server's to check. */
import { type FieldError, duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { PROTOCOLS, validatePortNumOrName } from './container.ts';
import { IMMUTABLE, validateLabels } from './metadata.ts';
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isIPv4,
  isIPv6,
  isQualifiedName,
  isValidCIDR,
  isValidIP,
  isValidPortNum,
} from './names.ts';
import type { KindValidation } from './validate.ts';

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const MAX_AFFINITY_SECONDS = 86400;

function createService(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  const { type } = spec;
  const headless = spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
  if (!spec.ports?.length && !headless && type !== 'ExternalName') errors.push(required('spec.ports'));
  if (type === 'LoadBalancer' && headless)
    errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  if (type === 'NodePort' && headless)
    errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"));
  if (type === 'ExternalName') {
    if (spec.clusterIP || spec.clusterIPs?.length)
      errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    if (!name) errors.push(required('spec.externalName'));
    else
      for (const message of isDNS1123Subdomain(name))
        errors.push(invalid('spec.externalName', name, message));
  }
  validatePorts(spec.ports, errors);
  validateLabels(spec.selector, 'spec.selector', errors);
  validateAffinity(spec, errors);
  if (type !== 'ExternalName') validateClusterIPs(spec, errors);
  spec.externalIPs?.forEach((ip: string, index: number) =>
    validateEndpointIP(ip, `spec.externalIPs[${index}]`, errors),
  );
  if (!type) errors.push(required('spec.type'));
  else if (!SERVICE_TYPES.includes(type)) errors.push(notSupported('spec.type', type, SERVICE_TYPES));
  if (type === 'ClusterIP')
    spec.ports?.forEach((port: any, index: number) => {
      if (port.nodePort)
        errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  duplicatePorts(spec.ports, errors);
  validateSourceRanges(spec, errors);
  validateTrafficPolicies(spec, errors);
}

function validatePorts(ports: any[] | undefined, errors: FieldError[]): void {
  const names = new Set<string>();
  ports?.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    if (!port.name) {
      if (ports.length > 1) errors.push(required(`${at}.name`));
    } else {
      for (const message of isDNS1123Label(port.name)) errors.push(invalid(`${at}.name`, port.name, message));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    for (const message of isValidPortNum(port.port)) errors.push(invalid(`${at}.port`, port.port, message));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
    validatePortNumOrName(port.targetPort, `${at}.targetPort`, errors);
    if (port.appProtocol)
      for (const message of isQualifiedName(port.appProtocol))
        errors.push(invalid(`${at}.appProtocol`, port.appProtocol, message));
  });
}

/** Two ports with one protocol and number; ports with one node port. */
function duplicatePorts(ports: any[] | undefined, errors: FieldError[]): void {
  const seen = new Set<string>();
  ports?.forEach((port, index) => {
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) {
      const shown = {
        Name: '',
        Protocol: port.protocol,
        AppProtocol: null,
        Port: port.port,
        TargetPort: 0,
        NodePort: 0,
      };
      errors.push(duplicate(`spec.ports[${index}]`, shown));
    }
    seen.add(key);
  });
}

function validateAffinity(spec: any, errors: FieldError[]): void {
  const affinity = spec.sessionAffinity;
  if (!affinity) errors.push(required('spec.sessionAffinity'));
  else if (affinity !== 'ClientIP' && affinity !== 'None')
    errors.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  if (affinity === 'ClientIP') {
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (seconds !== undefined && (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS))
      errors.push(
        invalid(
          'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
          seconds,
          `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
        ),
      );
  } else if (affinity === 'None' && spec.sessionAffinityConfig)
    errors.push(forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
}

function validateClusterIPs(spec: any, errors: FieldError[]): void {
  const addresses: string[] = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  addresses.forEach((address, index) => {
    if (address === '' || (index === 0 && address === 'None')) return;
    for (const message of isValidIP(address))
      errors.push(invalid(`spec.clusterIPs[${index}]`, address, message));
  });
}

/** An address that traffic can be sent to. */
function validateEndpointIP(address: string, path: string, errors: FieldError[]): void {
  const messages = isValidIP(address);
  if (messages.length > 0) {
    for (const message of messages) errors.push(invalid(path, address, message));
    return;
  }
  if (/^(0\.0\.0\.0|::)$/.test(address))
    errors.push(invalid(path, address, 'may not be unspecified (0.0.0.0 or ::)'));
  if (/^(127\.|::1$)/.test(address))
    errors.push(invalid(path, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (/^(169\.254\.|fe80:)/i.test(address))
    errors.push(invalid(path, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
}

function validateSourceRanges(spec: any, errors: FieldError[]): void {
  const ranges: string[] = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length === 0) return;
  const at = 'spec.LoadBalancerSourceRanges';
  if (spec.type !== 'LoadBalancer')
    errors.push(forbidden(at, "may only be used when `type` is 'LoadBalancer'"));
  ranges.forEach((range, index) => {
    for (const message of isValidCIDR(range)) errors.push(invalid(`${at}[${index}]`, range, message));
  });
}

function validateTrafficPolicies(spec: any, errors: FieldError[]): void {
  const external = spec.externalTrafficPolicy;
  const reachable =
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    (spec.type === 'ClusterIP' && spec.externalIPs?.length > 0);
  if (external && !reachable)
    errors.push(
      invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'),
    );
  else if (external && external !== 'Cluster' && external !== 'Local')
    errors.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']));
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && internal !== 'Cluster' && internal !== 'Local')
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
}

function updateService(next: any, old: any, errors: FieldError[]): void {
  if (next.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return;
  const before = old.spec.clusterIPs?.[0] ?? old.spec.clusterIP;
  const after = next.spec.clusterIPs?.[0] ?? next.spec.clusterIP;
  if (before && after !== before)
    errors.push(invalid('spec.clusterIPs[0]', next.spec.clusterIPs ?? [after], 'may not change once set'));
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

function createEndpointSlice(object: any, errors: FieldError[]): void {
  const { addressType } = object;
  if (!addressType) {
    errors.push(required('addressType'));
  } else if (!ADDRESS_TYPES.includes(addressType))
    errors.push(notSupported('addressType', addressType, ADDRESS_TYPES));
  const names = new Set<string>();
  object.ports?.forEach((port: any, index: number) => {
    const at = `ports[${index}]`;
    const name = port.name ?? '';
    if (name) for (const message of isDNS1123Label(name)) errors.push(invalid(`${at}.name`, name, message));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
  });
  object.endpoints?.forEach((endpoint: any, index: number) =>
    validateEndpoint(endpoint, addressType, `endpoints[${index}]`, errors),
  );
}

function validateEndpoint(endpoint: any, addressType: string, path: string, errors: FieldError[]): void {
  if (!endpoint.addresses?.length)
    errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  endpoint.addresses?.forEach((address: string, index: number) => {
    const at = `${path}.addresses[${index}]`;
    if (addressType === 'FQDN') {
      for (const message of isDNS1123Subdomain(address)) errors.push(invalid(at, address, message));
      return;
    }
    validateEndpointIP(address, at, errors);
    if (addressType === 'IPv4' && isIPv6(address))
      errors.push(invalid(`${path}.addresses`, address, 'must be an IPv4 address'));
    if (addressType === 'IPv6' && isIPv4(address))
      errors.push(invalid(`${path}.addresses`, address, 'must be an IPv6 address'));
  });
  if (endpoint.nodeName)
    for (const message of isDNS1123Subdomain(endpoint.nodeName))
      errors.push(invalid(`${path}.nodeName`, endpoint.nodeName, message));
  if (endpoint.hostname)
    for (const message of isDNS1123Label(endpoint.hostname))
      errors.push(invalid(`${path}.hostname`, endpoint.hostname, message));
}

function updateEndpointSlice(next: any, old: any, errors: FieldError[]): void {
  if (next.addressType !== old.addressType) errors.push(invalid('addressType', next.addressType, IMMUTABLE));
}

export const serviceValidators: Record<string, KindValidation> = {
  '/Service': { name: isDNS1035Label, create: createService, update: updateService },
  'discovery.k8s.io/EndpointSlice': { create: createEndpointSlice, update: updateEndpointSlice },
};
