/** ResourceLists and ResourceRequirements of containers. */
import { quantityMilliValue } from '../quantity.ts';
import { type FieldError, invalid, required } from './field-errors.ts';
import { isQualifiedName } from './names.ts';

const NOT_NEGATIVE = 'must be greater than or equal to 0';
const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Names without a domain that any ResourceList may have. */
const STANDARD_RESOURCES = new Set([
  ...CONTAINER_RESOURCES,
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'services',
  'services.nodeports',
  'services.loadbalancers',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
]);

const isHugePages = (name: string) => name.startsWith('hugepages-');

export function validateResourceName(name: string, path: string, errors: FieldError[]): void {
  if (CONTAINER_RESOURCES.has(name)) return;
  const messages = isQualifiedName(name);
  for (const message of messages) errors.push(invalid(path, name, message));
  if (messages.length > 0 || name.includes('/')) return;
  if (!STANDARD_RESOURCES.has(name) && !isHugePages(name))
    errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
}

function validateContainerResourceName(name: string, path: string, errors: FieldError[]): void {
  validateResourceName(name, path, errors);
  if (!name.includes('/') && !CONTAINER_RESOURCES.has(name) && !isHugePages(name))
    errors.push(invalid(path, name, 'must be a standard resource for containers'));
}

export function validateQuantity(quantity: string, path: string, errors: FieldError[]): void {
  if (quantityMilliValue(quantity) < 0) errors.push(invalid(path, quantity, NOT_NEGATIVE));
}

/** Only CPU, memory and storage can be promised more than once. */
const isOvercommitAllowed = (name: string) => CONTAINER_RESOURCES.has(name);

interface ResourceRequirements {
  limits?: Record<string, string>;
  requests?: Record<string, string>;
}

export function validateResourceRequirements(
  resources: ResourceRequirements | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (!resources) return;
  const { limits, requests } = resources;
  for (const name in limits) {
    validateContainerResourceName(name, `${path}.limits[${name}]`, errors);
    validateQuantity(limits[name]!, `${path}.limits[${name}]`, errors);
  }
  for (const name in requests) {
    const at = `${path}.requests[${name}]`;
    validateContainerResourceName(name, at, errors);
    validateQuantity(requests[name]!, at, errors);
    const limit = limits?.[name];
    if (limit === undefined) {
      if (!isOvercommitAllowed(name))
        errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    } else if (
      !isOvercommitAllowed(name) &&
      quantityMilliValue(requests[name]!) !== quantityMilliValue(limit)
    ) {
      errors.push(invalid(`${path}.requests`, requests[name], `must be equal to ${name} limit of ${limit}`));
    } else if (quantityMilliValue(requests[name]!) > quantityMilliValue(limit))
      errors.push(
        invalid(
          `${path}.requests`,
          requests[name],
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
  }
}
