/** ObjectMeta and label selectors (`apimachinery/pkg/api/validation`, `metav1/validation`). */
import type { ObjectMeta, OwnerReference } from '../object.ts';
import { deepEqual } from '../json-patch.ts';
import type { LabelSelector } from '../labels.ts';
import { type FieldError, forbidden, invalid, required, tooLong } from './field-errors.ts';
import { isDNS1123Label, isLabelValue, isQualifiedName } from './names.ts';

/** Complaints about a name; the syntax of `metadata.name` differs from kind to kind. */
export type NameCheck = (name: string) => readonly string[];

const TOTAL_ANNOTATION_SIZE_BYTES = 256 * 1024;
export const IMMUTABLE = 'field is immutable';
const NO_LABELS: Record<string, string> = {};

export function validateObjectMeta(
  meta: ObjectMeta,
  namespaced: boolean,
  checkName: NameCheck,
  path: string,
  errors: FieldError[],
): void {
  if (meta.generateName) {
    // A prefix may end in what a name may not: the API server puts a letter there before it looks.
    const prefix = meta.generateName.endsWith('-') ? `${meta.generateName.slice(0, -1)}a` : meta.generateName;
    for (const message of checkName(prefix))
      errors.push(invalid(`${path}.generateName`, meta.generateName, message));
  }
  if (!meta.name) errors.push(required(`${path}.name`, 'name or generateName is required'));
  else for (const message of checkName(meta.name)) errors.push(invalid(`${path}.name`, meta.name, message));
  if (namespaced) {
    if (!meta.namespace) errors.push(required(`${path}.namespace`));
    else
      for (const message of isDNS1123Label(meta.namespace))
        errors.push(invalid(`${path}.namespace`, meta.namespace, message));
  } else if (meta.namespace) errors.push(forbidden(`${path}.namespace`, 'not allowed on this type'));
  validateMetaCommon(meta, path, errors);
}

function validateMetaCommon(meta: ObjectMeta, path: string, errors: FieldError[]): void {
  if ((meta.generation ?? 0) < 0) errors.push(nonnegative(`${path}.generation`, meta.generation));
  validateLabels(meta.labels, `${path}.labels`, errors);
  validateAnnotations(meta.annotations, `${path}.annotations`, errors);
  validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`, errors);
  validateFinalizers(meta.finalizers, `${path}.finalizers`, errors);
  validateCoreFinalizers(meta.finalizers, `${path}.finalizers`, errors);
}

export const nonnegative = (field: string, value: unknown): FieldError =>
  invalid(field, value, 'must be greater than or equal to 0');

export function validateNonnegative(value: number | undefined, path: string, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(nonnegative(path, value));
}

export function validateLabels(
  labels: Record<string, string> | undefined,
  path: string,
  errors: FieldError[],
): void {
  for (const key in labels ?? NO_LABELS) {
    const value = labels![key]!;
    for (const message of isQualifiedName(key)) errors.push(invalid(path, key, message));
    for (const message of isLabelValue(value)) errors.push(invalid(path, value, message));
  }
}

export function validateAnnotations(
  annotations: Record<string, string> | undefined,
  path: string,
  errors: FieldError[],
): void {
  let sizeBytes = 0;
  for (const key in annotations ?? NO_LABELS) {
    for (const message of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, message));
    sizeBytes += key.length + annotations![key]!.length;
  }
  if (sizeBytes > TOTAL_ANNOTATION_SIZE_BYTES) errors.push(tooLong(path, TOTAL_ANNOTATION_SIZE_BYTES));
}

function validateOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  let controller: string | undefined;
  for (const reference of references ?? []) {
    const { apiVersion, kind, name, uid } = reference;
    if (!apiVersion) errors.push(invalid(`${path}.apiVersion`, '', 'version must not be empty'));
    if (!kind) errors.push(invalid(`${path}.kind`, '', 'must not be empty'));
    if (!name) errors.push(invalid(`${path}.name`, '', 'must not be empty'));
    if (!uid) errors.push(invalid(`${path}.uid`, '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event')
      errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
    if (!reference.controller) continue;
    if (controller === undefined) controller = `${kind}/${name}`;
    else
      errors.push(
        invalid(
          path,
          references,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${kind}/${name}`,
        ),
      );
  }
}

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(
  finalizers: readonly string[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (!finalizers?.length) return;
  for (const finalizer of finalizers)
    for (const message of isQualifiedName(finalizer)) errors.push(invalid(path, finalizer, message));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
}

/** A finalizer is qualified, or one of the standard ones. */
export function validateCoreFinalizers(
  finalizers: readonly string[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  finalizers?.forEach((finalizer, index) => {
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
      errors.push(
        invalid(
          `${path}[${index}]`,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
  });
}

export function validateObjectMetaUpdate(
  next: ObjectMeta,
  old: ObjectMeta,
  path: string,
  errors: FieldError[],
): void {
  if (old.deletionTimestamp) {
    const added = (next.finalizers ?? []).filter((each) => !old.finalizers?.includes(each));
    if (added.length > 0) {
      const list = added
        .toSorted()
        .map((each) => JSON.stringify(each))
        .join(', ');
      errors.push(
        forbidden(
          `${path}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  if (!next.resourceVersion)
    errors.push(
      invalid(`${path}.resourceVersion`, next.resourceVersion ?? '', 'must be specified for an update'),
    );
  if ((next.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid(`${path}.generation`, next.generation ?? 0, 'must not be decremented'));
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const) {
    if (field === 'deletionTimestamp' && !old.deletionTimestamp) continue;
    if ((next[field] ?? '') !== (old[field] ?? ''))
      errors.push(invalid(`${path}.${field}`, next[field] ?? '', IMMUTABLE));
  }
  if (
    next.deletionGracePeriodSeconds !== old.deletionGracePeriodSeconds &&
    old.deletionGracePeriodSeconds !== undefined
  )
    errors.push(
      invalid(`${path}.deletionGracePeriodSeconds`, next.deletionGracePeriodSeconds ?? null, IMMUTABLE),
    );
  if (next.labels !== old.labels) validateLabels(next.labels, `${path}.labels`, errors);
  if (next.annotations !== old.annotations)
    validateAnnotations(next.annotations, `${path}.annotations`, errors);
  if (next.ownerReferences !== old.ownerReferences)
    validateOwnerReferences(next.ownerReferences, `${path}.ownerReferences`, errors);
  if (next.finalizers !== old.finalizers) validateFinalizers(next.finalizers, `${path}.finalizers`, errors);
}

/** `apiequality.Semantic`: absent, empty list and empty map are equal. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return deepEqual(withoutEmpty(a), withoutEmpty(b));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const out: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    if (each === null || each === undefined) continue;
    if (typeof each === 'object' && Object.keys(each).length === 0) continue;
    out[key] = withoutEmpty(each);
  }
  return out;
}

export function validateImmutable(next: unknown, old: unknown, path: string, errors: FieldError[]): void {
  if (!semanticEqual(next, old)) errors.push(invalid(path, next ?? null, IMMUTABLE));
}

export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (!selector) return;
  validateLabels(selector.matchLabels, `${path}.matchLabels`, errors);
  selector.matchExpressions?.forEach((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const values = expression.values ?? [];
    switch (expression.operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0)
          errors.push(
            forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        break;
      default:
        errors.push(invalid(`${at}.operator`, expression.operator ?? '', 'not a valid selector operator'));
    }
    for (const message of isQualifiedName(expression.key ?? ''))
      errors.push(invalid(`${at}.key`, expression.key ?? '', message));
    values.forEach((value, at2) => {
      for (const message of isLabelValue(value)) errors.push(invalid(`${at}.values[${at2}]`, value, message));
    });
  });
}
