/** Namespace, Node, ServiceAccount, Event, Lease, ResourceQuota, LimitRange, PriorityClass. */
import { quantityMilliValue } from '../quantity.ts';
import { type FieldError, duplicate, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { IMMUTABLE, validateCoreFinalizers, validateNonnegative } from './metadata.ts';
import { isDNS1123Label, isQualifiedName, isValidCIDR } from './names.ts';
import { validateQuantity, validateResourceName } from './resources.ts';
import { validateTaints } from './scheduling.ts';
import type { KindValidation } from './validate.ts';

function createNode(object: any, errors: FieldError[]): void {
  validateTaints(object.spec?.taints, 'metadata.taints', errors);
  const ranges: string[] = object.spec?.podCIDRs ?? (object.spec?.podCIDR ? [object.spec.podCIDR] : []);
  ranges.forEach((range, index) => {
    for (const message of isValidCIDR(range)) errors.push(invalid(`spec.podCIDRs[${index}]`, range, message));
  });
}

function updateNode(next: any, old: any, errors: FieldError[]): void {
  if (old.spec?.podCIDR && next.spec?.podCIDR !== old.spec.podCIDR)
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (old.spec?.providerID && next.spec?.providerID !== old.spec.providerID)
    errors.push(
      forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    );
}

function createEvent(object: any, errors: FieldError[]): void {
  // Cluster-scoped objects have their events in the default namespace.
  const involved = object.involvedObject ?? object.regarding ?? {};
  const { namespace } = object.metadata;
  const field = object.involvedObject || !object.regarding ? 'involvedObject' : 'regarding';
  if (!involved.namespace) {
    if (namespace !== 'default')
      errors.push(invalid(`${field}.namespace`, '', 'does not match event.namespace'));
  } else if (involved.namespace !== namespace)
    errors.push(invalid(`${field}.namespace`, involved.namespace, 'does not match event.namespace'));
}

function createLease(object: any, errors: FieldError[]): void {
  const { leaseDurationSeconds, leaseTransitions } = object.spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  validateNonnegative(leaseTransitions, 'spec.leaseTransitions', errors);
}

const QUOTA_SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
const QUOTA_RESOURCES =
  /^((limits|requests)\.(cpu|memory|ephemeral-storage)|requests\.storage|cpu|memory|ephemeral-storage|pods|services(\.nodeports|\.loadbalancers)?|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|requests\.hugepages-.*|hugepages-.*|count\/.*)$/;

/** Things that are counted. */
const COUNTED =
  /^(pods|services(\.nodeports|\.loadbalancers)?|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims)$/;

function createQuota(object: any, errors: FieldError[]): void {
  const { hard = {}, scopes } = object.spec ?? {};
  for (const name in hard) {
    const at = `spec.hard[${name}]`;
    validateResourceName(name, at, errors);
    if (!name.includes('/') && !QUOTA_RESOURCES.test(name))
      errors.push(invalid(at, name, 'must be a standard resource for quota'));
    validateQuantity(hard[name], at, errors);
    if (COUNTED.test(name) && quantityMilliValue(hard[name]) % 1000 !== 0)
      errors.push(invalid(at, hard[name], 'must be an integer'));
  }
  if (scopes?.some((scope: string) => !QUOTA_SCOPES.includes(scope)))
    errors.push(invalid('spec.scopes', scopes, 'unsupported scope'));
}

function updateQuota(next: any, old: any, errors: FieldError[]): void {
  const sorted = (scopes: string[] | undefined) => JSON.stringify([...(scopes ?? [])].sort());
  const { scopes } = next.spec ?? {};
  if (scopes?.length && sorted(scopes) !== sorted(old.spec?.scopes))
    errors.push(invalid('spec.scopes', scopes, IMMUTABLE));
}

function createLimitRange(object: any, errors: FieldError[]): void {
  const types = new Set<string>();
  object.spec?.limits?.forEach((limit: any, index: number) => {
    const at = `spec.limits[${index}]`;
    if (types.has(limit.type)) errors.push(duplicate(`${at}.type`, limit.type));
    types.add(limit.type);
    validateLimitType(limit.type ?? '', `${at}.type`, errors);
    if (limit.type === 'Pod') {
      if (limit.default) errors.push(forbidden(`${at}.default`, "may not be specified when `type` is 'Pod'"));
      if (limit.defaultRequest)
        errors.push(forbidden(`${at}.defaultRequest`, "may not be specified when `type` is 'Pod'"));
    }
    const names = new Set([
      ...Object.keys(limit.max ?? {}),
      ...Object.keys(limit.min ?? {}),
      ...Object.keys(limit.default ?? {}),
    ]);
    for (const name of names) validateLimit(limit, name, at, errors);
  });
}

function validateLimitType(type: string, path: string, errors: FieldError[]): void {
  const messages = isQualifiedName(type);
  for (const message of messages) errors.push(invalid(path, type, message));
  if (messages.length === 0 && !type.includes('/') && !LIMIT_TYPES.includes(type))
    errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

function validateLimit(limit: any, name: string, path: string, errors: FieldError[]): void {
  const [max, min, request, byDefault] = [limit.max, limit.min, limit.defaultRequest, limit.default].map(
    (list) => list?.[name] as string | undefined,
  );
  const more = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && quantityMilliValue(a) > quantityMilliValue(b);
  if (more(min, max))
    errors.push(invalid(`${path}.min[${name}]`, min, `min value ${min} is greater than max value ${max}`));
  if (more(min, request))
    errors.push(
      invalid(
        `${path}.defaultRequest[${name}]`,
        request,
        `min value ${min} is greater than default request value ${request}`,
      ),
    );
  if (more(request, max))
    errors.push(
      invalid(
        `${path}.defaultRequest[${name}]`,
        request,
        `default request value ${request} is greater than max value ${max}`,
      ),
    );
  if (more(request, byDefault))
    errors.push(
      invalid(
        `${path}.defaultRequest[${name}]`,
        request,
        `default request value ${request} is greater than default limit value ${byDefault}`,
      ),
    );
  if (more(min, byDefault))
    errors.push(
      invalid(`${path}.default[${name}]`, min, `min value ${min} is greater than default value ${byDefault}`),
    );
  if (more(byDefault, max))
    errors.push(
      invalid(`${path}.default[${name}]`, max, `default value ${byDefault} is greater than max value ${max}`),
    );
}

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Record<string, number> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

function createPriorityClass(object: any, errors: FieldError[]): void {
  const { name = '' } = object.metadata;
  if (name.startsWith('system-')) {
    if (SYSTEM_CLASSES[name] !== object.value)
      errors.push(
        forbidden(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        ),
      );
  } else if (object.value > HIGHEST_USER_PRIORITY)
    errors.push(
      forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`),
    );
  const policy = object.preemptionPolicy;
  if (policy === '') errors.push(required('preemptionPolicy'));
  else if (policy !== undefined && !PREEMPTION_POLICIES.includes(policy))
    errors.push(notSupported('preemptionPolicy', policy, PREEMPTION_POLICIES));
}

function updatePriorityClass(next: any, old: any, errors: FieldError[]): void {
  if (next.value !== old.value) errors.push(forbidden('value', 'may not be changed in an update.'));
  if (next.preemptionPolicy !== old.preemptionPolicy)
    errors.push(invalid('preemptionPolicy', next.preemptionPolicy, IMMUTABLE));
}

export const clusterValidators: Record<string, KindValidation> = {
  '/Namespace': {
    name: isDNS1123Label,
    create: (object, errors) => validateCoreFinalizers(object.spec?.finalizers, 'spec.finalizers', errors),
  },
  '/Node': { create: createNode, update: updateNode },
  '/Event': { create: createEvent },
  'events.k8s.io/Event': { create: createEvent },
  'coordination.k8s.io/Lease': { create: createLease },
  '/ResourceQuota': { create: createQuota, update: updateQuota },
  '/LimitRange': { create: createLimitRange },
  'scheduling.k8s.io/PriorityClass': { create: createPriorityClass, update: updatePriorityClass },
};
