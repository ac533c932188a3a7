/** Services (`pkg/registry/core/service`): cluster IPs and node ports are given out here. */
import type { KubernetesObject } from '../../../api/object.ts';
import { invalid, invalidObject } from '../../../api/validation/field-errors.ts';
import type { RequestContext, Strategy } from '../strategy.ts';
import { ClusterAddresses } from '../service-addresses.ts';

export const services: Strategy = {
  createOnUpdate: true,
  returnDeleted: true,
  prepareForCreate(draft, context) {
    draft.status = { loadBalancer: {} };
    draft.spec = allocated(draft, undefined, context);
  },
  prepareForUpdate(draft, old, context) {
    draft.spec = allocated(draft, old, context);
  },
};

const needsClusterIP = (spec: any): boolean => spec.type !== 'ExternalName';
const needsNodePorts = (spec: any): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

/** The spec with its cluster IP and node ports: kept from before, asked for, or given out now. */
function allocated(draft: KubernetesObject, old: KubernetesObject | undefined, context: RequestContext): any {
  const addresses = new ClusterAddresses(context.store, context.random, draft);
  let spec = { ...draft.spec };
  if (!needsClusterIP(spec)) {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      // Switching to ExternalName gives the address back; one that the client names is for validation.
      if (!old || spec[field] === old.spec[field] || field.startsWith('ipFamil')) delete spec[field];
    }
  } else {
    const wasAllocated = old && needsClusterIP(old.spec);
    if (wasAllocated && !spec.clusterIP && !spec.clusterIPs)
      spec = { ...spec, clusterIP: old.spec.clusterIP, clusterIPs: old.spec.clusterIPs };
    // `clusterIP` is the first of `clusterIPs`: who changes one means both.
    if (old && spec.clusterIP !== old.spec.clusterIP && spec.clusterIPs === old.spec.clusterIPs)
      delete spec.clusterIPs;
    const next = spec.clusterIP || spec.clusterIPs?.[0];
    if (wasAllocated && old.spec.clusterIP && next !== old.spec.clusterIP)
      throw refuse(draft, 'spec.clusterIPs[0]', [next], 'may not change once set');
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    const asked: string | undefined = spec.clusterIP || spec.clusterIPs?.[0];
    if (!asked) spec.clusterIP = addresses.nextClusterIP();
    else if (asked !== 'None' && asked !== old?.spec.clusterIP) {
      const problem = addresses.problemWith(asked);
      if (problem) throw refuse(draft, 'spec.clusterIPs', [asked], problem);
      spec.clusterIP = asked;
    } else spec.clusterIP = asked;
    if (!spec.clusterIPs) spec.clusterIPs = [spec.clusterIP];
  }
  if (old) dropTypeDependentFields(spec, old.spec);
  spec.ports = spec.ports?.map((port: any, at: number) => {
    if (!needsNodePorts(spec)) {
      if (port.nodePort === undefined || !old || !needsNodePorts(old.spec)) return port;
      // Node ports that came with the old type go with it.
      const { nodePort: _, ...rest } = port;
      return rest;
    }
    if (port.nodePort) {
      const had = old?.spec.ports?.some((each: any) => each.nodePort === port.nodePort);
      const problem = had ? undefined : addresses.takeNodePort(port.nodePort);
      if (problem) throw refuse(draft, `spec.ports[${at}].nodePort`, port.nodePort, problem);
      return port;
    }
    const before = old?.spec.ports?.find(
      (each: any) => each.port === port.port && each.protocol === port.protocol && each.nodePort,
    );
    return { ...port, nodePort: before?.nodePort ?? addresses.nextNodePort() };
  });
  if (!spec.ports) delete spec.ports;
  return spec;
}

const isExternal = (spec: any): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';
const isBalanced = (spec: any): boolean => spec.type === 'LoadBalancer';

/** Fields that came with the old type go with it, unless the client has changed them too. */
function dropTypeDependentFields(spec: any, old: any): void {
  const drop = (field: string, needs: (spec: any) => boolean) => {
    if (needs(old) && !needs(spec) && spec[field] === old[field]) delete spec[field];
  };
  drop('externalTrafficPolicy', isExternal);
  drop('healthCheckNodePort', isBalanced);
  drop('allocateLoadBalancerNodePorts', isBalanced);
  drop('loadBalancerClass', isBalanced);
}

function refuse({ metadata }: KubernetesObject, field: string, value: unknown, why: string) {
  return invalidObject({ group: '', kind: 'Service' }, metadata.name!, [invalid(field, value, why)]);
}
