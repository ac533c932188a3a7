/** Ingress, IngressClass and NetworkPolicy. */
import { type FieldError, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { validatePortNumOrName } from './container.ts';
import { IMMUTABLE, semanticEqual, validateLabelSelector } from './metadata.ts';
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isIPv4,
  isValidCIDR,
  isValidIP,
  isValidPortName,
  isValidPortNum,
  isWildcardDNS1123Subdomain,
} from './names.ts';
import type { KindValidation } from './validate.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function createIngress(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  if (!spec.rules?.length && !spec.defaultBackend)
    errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, 'spec.defaultBackend', errors);
  spec.rules?.forEach((rule: any, index: number) => validateRule(rule, `spec.rules[${index}]`, errors));
  spec.tls?.forEach((tls: any, index: number) => {
    const at = `spec.tls[${index}]`;
    tls.hosts?.forEach((host: string, each: number) => validateHost(host, `${at}.hosts[${each}]`, errors));
    if (tls.secretName)
      for (const message of isDNS1123Subdomain(tls.secretName))
        errors.push(invalid(`${at}.secretName`, tls.secretName, message));
  });
  if (spec.ingressClassName !== undefined)
    for (const message of isDNS1123Subdomain(spec.ingressClassName))
      errors.push(invalid('spec.ingressClassName', spec.ingressClassName, message));
}

function validateHost(host: string, path: string, errors: FieldError[]): void {
  const messages = host.includes('*') ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host);
  for (const message of messages) errors.push(invalid(path, host, message));
}

function validateRule(rule: any, path: string, errors: FieldError[]): void {
  if (rule.host) {
    if (isValidIP(rule.host).length === 0)
      errors.push(invalid(`${path}.host`, rule.host, 'must be a DNS name, not an IP address'));
    else validateHost(rule.host, `${path}.host`, errors);
  }
  if (!rule.http) return;
  if (!rule.http.paths?.length) errors.push(required(`${path}.http.paths`));
  rule.http.paths?.forEach((each: any, index: number) => {
    const at = `${path}.http.paths[${index}]`;
    if (!validatePath(each, at, errors)) return;
    validateBackend(each.backend ?? {}, `${at}.backend`, errors);
  });
}

const FORBIDDEN_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDS = ['/..', '/.'];

/** False without a type, when the server does not go on to the backend. */
function validatePath({ path = '', pathType }: any, at: string, errors: FieldError[]): boolean {
  if (!pathType) {
    errors.push(required(`${at}.pathType`, 'pathType must be specified'));
    return false;
  }
  if (!PATH_TYPES.includes(pathType)) {
    errors.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES));
    return true;
  }
  const exact = pathType !== 'ImplementationSpecific';
  if (!path.startsWith('/') && (exact || path !== '')) {
    errors.push(invalid(`${at}.path`, path, 'must be an absolute path'));
    return true;
  }
  if (!exact) return true;
  for (const part of FORBIDDEN_PARTS)
    if (path.includes(part)) errors.push(invalid(`${at}.path`, path, `must not contain '${part}'`));
  for (const end of FORBIDDEN_ENDS)
    if (path.endsWith(end)) errors.push(invalid(`${at}.path`, path, `cannot end with '${end}'`));
  return true;
}

function validateBackend({ service, resource }: any, path: string, errors: FieldError[]): void {
  if (service && resource) {
    errors.push(invalid(path, '', 'cannot set both resource and service backends'));
    return;
  }
  if (!service && !resource) {
    errors.push(invalid(path, '', 'resource or service backend is required'));
    return;
  }
  if (!service) return;
  if (!service.name) errors.push(required(`${path}.service.name`));
  else
    for (const message of isDNS1035Label(service.name))
      errors.push(invalid(`${path}.service.name`, service.name, message));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (name)
    for (const message of isValidPortName(name))
      errors.push(invalid(`${path}.service.port.name`, name, message));
  else if (number)
    for (const message of isValidPortNum(number))
      errors.push(invalid(`${path}.service.port.number`, number, message));
  else errors.push(required(path, 'port name or number is required'));
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

function createNetworkPolicy(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateLabelSelector(spec.podSelector, 'spec.podSelector', errors);
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    spec[direction]?.forEach((rule: any, index: number) => {
      const at = `spec.${direction}[${index}]`;
      rule.ports?.forEach((port: any, each: number) =>
        validatePolicyPort(port, `${at}.ports[${each}]`, errors),
      );
      rule[peers]?.forEach((peer: any, each: number) =>
        validatePeer(peer, `${at}.${peers}[${each}]`, errors),
      );
    });
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length)
    errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
  else
    types.forEach((type, index) => {
      if (!POLICY_TYPES.includes(type))
        errors.push(notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
    });
}

function validatePolicyPort({ protocol, port, endPort }: any, path: string, errors: FieldError[]): void {
  if (protocol && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  if (port === undefined) {
    if (endPort !== undefined)
      errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'));
    return;
  }
  validatePortNumOrName(port, `${path}.port`, errors);
  if (endPort === undefined) return;
  if (typeof port === 'string')
    errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
  else if (endPort < port)
    errors.push(invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`'));
  else
    for (const message of isValidPortNum(endPort)) errors.push(invalid(`${path}.endPort`, endPort, message));
}

function validatePeer(peer: any, path: string, errors: FieldError[]): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(podSelector, `${path}.podSelector`, errors);
  validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, errors);
  if (ipBlock) validateIPBlock(ipBlock, `${path}.ipBlock`, errors);
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
}

function validateIPBlock({ cidr, except }: any, path: string, errors: FieldError[]): void {
  if (!cidr) {
    errors.push(required(`${path}.cidr`));
    return;
  }
  const messages = isValidCIDR(cidr);
  for (const message of messages) errors.push(invalid(`${path}.cidr`, cidr, message));
  if (messages.length > 0) return;
  except?.forEach((range: string, index: number) => {
    const at = `${path}.except[${index}]`;
    const problems = isValidCIDR(range);
    for (const message of problems) errors.push(invalid(at, range, message));
    if (problems.length === 0 && !isStrictSubset(range, cidr))
      errors.push(invalid(at, range, 'must be a strict subset of `cidr`'));
  });
}

/** Of IPv4 ranges; IPv6 ones are compared by their length alone. */
function isStrictSubset(inner: string, outer: string): boolean {
  const [a = '', bitsA = ''] = inner.split('/');
  const [b = '', bitsB = ''] = outer.split('/');
  if (Number(bitsA) <= Number(bitsB)) return false;
  if (!isIPv4(a) || !isIPv4(b)) return isIPv4(a) === isIPv4(b);
  const value = (ip: string) => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(bitsB));
  return Math.floor(value(a) / size) === Math.floor(value(b) / size);
}

function updateIngressClass(next: any, old: any, errors: FieldError[]): void {
  if (!semanticEqual(next.spec?.controller, old.spec?.controller))
    errors.push(invalid('spec.controller', next.spec?.controller ?? '', IMMUTABLE));
}

export const networkingValidators: Record<string, KindValidation> = {
  'networking.k8s.io/Ingress': { create: createIngress },
  'networking.k8s.io/IngressClass': { update: updateIngressClass },
  'networking.k8s.io/NetworkPolicy': { create: createNetworkPolicy },
};
