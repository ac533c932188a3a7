/**
 * Validation of whole objects (`pkg/apis/.../validation` of 1.35): every problem at once, in the server's
 * words. Objects come decoded and with defaults. Kinds without an entry here are checked in what all
 * objects share: their metadata.
 */
import type { KubernetesObject } from '../object.ts';
import { parseApiVersion, type TypeRegistry } from '../schema.ts';
import { admissionValidators } from './admissionregistration.ts';
import { configValidators } from './config.ts';
import type { FieldError } from './field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate, type NameCheck } from './metadata.ts';
import { clusterValidators } from './cluster.ts';
import { batchValidators } from './job.ts';
import { isDNS1123Subdomain } from './names.ts';
import { networkingValidators } from './networking.ts';
import { podSubresourceValidators, podValidators } from './pod.ts';
import { policyValidators } from './policy.ts';
import { rbacValidators } from './rbac.ts';
import { serviceValidators } from './service.ts';
import { storageValidators } from './storage.ts';
import { workloadValidators } from './workload.ts';

/** How one kind is validated. Metadata is done by the caller, before. */
export interface KindValidation {
  /** Syntax of `metadata.name`; a DNS subdomain unless told otherwise. */
  name?: NameCheck;
  create?(object: any, errors: FieldError[]): void;
  /** Beyond `create`, which runs on the new object too unless `updateOnly`. */
  update?(next: any, old: any, errors: FieldError[]): void;
  /** `update` is all there is to an update. */
  updateOnly?: boolean;
  /** Update through `/status`. */
  status?(next: any, old: any, errors: FieldError[]): void;
}

/** By `group/Kind`: validation does not differ between versions. */
const VALIDATORS: Record<string, KindValidation> = {
  ...podValidators,
  ...workloadValidators,
  ...batchValidators,
  ...serviceValidators,
  ...configValidators,
  ...clusterValidators,
  ...networkingValidators,
  ...storageValidators,
  ...policyValidators,
  ...rbacValidators,
  ...admissionValidators,
};

const NOTHING: KindValidation = {};

function validationOf(object: KubernetesObject): KindValidation {
  const { group } = parseApiVersion(object.apiVersion ?? '');
  return VALIDATORS[`${group}/${object.kind}`] ?? NOTHING;
}

function isNamespaced(object: KubernetesObject, registry: TypeRegistry): boolean {
  const { group, version } = parseApiVersion(object.apiVersion ?? '');
  return registry.resourceForKind(group, version, object.kind ?? '')?.namespaced ?? false;
}

export function validateCreate(object: KubernetesObject, registry: TypeRegistry): FieldError[] {
  const errors: FieldError[] = [];
  const validation = validationOf(object);
  const checkName = validation.name ?? isDNS1123Subdomain;
  validateObjectMeta(object.metadata, isNamespaced(object, registry), checkName, 'metadata', errors);
  validation.create?.(object, errors);
  return errors;
}

/** `subresource` is `status` or undefined; other subresources have rules of their own in the API server. */
export function validateUpdate(
  next: KubernetesObject,
  old: KubernetesObject,
  _registry: TypeRegistry,
  subresource?: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const validation = validationOf(next);
  if (next.metadata !== old.metadata)
    validateObjectMetaUpdate(next.metadata, old.metadata, 'metadata', errors);
  const ofSubresource = next.kind === 'Pod' && subresource && podSubresourceValidators[subresource];
  if (ofSubresource) {
    ofSubresource(next, old, errors);
    return errors;
  }
  if (subresource === 'status') {
    validation.status?.(next, old, errors);
    return errors;
  }
  // Fields that no update may change are said once, not again as a problem of the new object.
  if (!validation.updateOnly && !unchanged(next, old)) validation.create?.(next, errors);
  validation.update?.(next, old, errors);
  return errors;
}

/** What was valid and is the very same is valid. */
function unchanged(next: KubernetesObject, old: KubernetesObject): boolean {
  for (const field in next)
    if (field !== 'metadata' && field !== 'status' && next[field] !== old[field]) return false;
  return true;
}
