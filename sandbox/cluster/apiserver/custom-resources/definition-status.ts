/**
 * What the controllers of apiextensions-apiserver write into a definition's status: the names that it got
 * (`status/naming_controller.go`), that it is established, and that its objects are on their way out
 * (`finalizer/crd_finalizer.go`).
 */
import type { KubernetesObject } from '../../api/object.ts';
import { isObject } from '../../api/json-object.ts';
import type { Json } from './json-schema.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

export const conditionOf = ({ status }: KubernetesObject, type: string): Json | undefined =>
  status?.conditions?.find((condition: Json) => condition['type'] === type);

/** Whether its resource is served. */
export const isEstablished = (definition: KubernetesObject): boolean =>
  conditionOf(definition, 'Established')?.['status'] === 'True';

/** The status with the condition; its time is that of its last change of status. */
export function withCondition(status: Json, condition: Condition, now: string): Json {
  const conditions: Json[] = status['conditions'] ?? [];
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.['status'] === condition.status ? old['lastTransitionTime'] : now;
  const { type, status: value, reason, message } = condition;
  const next = { type, status: value, lastTransitionTime, reason, message };
  return {
    ...status,
    conditions: old ? conditions.map((each) => (each === old ? next : each)) : [...conditions, next],
  };
}

const NAMES = ['plural', 'singular', 'shortNames', 'kind', 'listKind'] as const;
const REASONS = {
  plural: 'PluralConflict',
  singular: 'SingularConflict',
  shortNames: 'ShortNamesConflict',
  kind: 'KindConflict',
  listKind: 'ListKindConflict',
};

/**
 * The status with the names that the definition gets beside the `others`; undefined where nothing changes.
 * The last conflict counts. A definition is established once, whatever comes later.
 */
export function acceptNames(
  definition: KubernetesObject,
  others: readonly KubernetesObject[],
  now: string,
): Json | undefined {
  const { spec } = definition;
  const taken = { resources: new Set<string>(), kinds: new Set<string>() };
  for (const other of others) {
    if (other.spec.group !== spec.group || other.metadata.name === definition.metadata.name) continue;
    const accepted: Json = other.status?.acceptedNames ?? {};
    for (const name of [accepted['plural'], accepted['singular'], ...(accepted['shortNames'] ?? [])])
      if (name) taken.resources.add(name);
    for (const name of [accepted['kind'], accepted['listKind']]) if (name) taken.kinds.add(name);
  }
  const wanted: Json = spec.names;
  const before: Json = definition.status?.acceptedNames ?? {};
  const accepted: Json = { plural: '', kind: '', ...before };
  let conflict: Condition | undefined;
  for (const field of NAMES) {
    const names: string[] = [wanted[field] ?? []].flat();
    const own: string[] = [before[field] ?? []].flat();
    const used = field === 'kind' || field === 'listKind' ? taken.kinds : taken.resources;
    const inUse = names.filter((name) => !own.includes(name) && used.has(name));
    if (inUse.length > 0) {
      const texts = inUse.map((name) => `${JSON.stringify(name)} is already in use`);
      const message = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
      conflict = { type: 'NamesAccepted', status: 'False', reason: REASONS[field], message };
    } else if (wanted[field] === undefined) delete accepted[field];
    else accepted[field] = wanted[field];
  }
  if (wanted['categories'] === undefined) delete accepted['categories'];
  else accepted['categories'] = wanted['categories'];
  const condition = conflict ?? {
    type: 'NamesAccepted',
    status: 'True' as const,
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  const known = conditionOf(definition, 'NamesAccepted');
  if (
    known?.['reason'] === condition.reason &&
    known['message'] === condition.message &&
    sameNames(accepted, before)
  )
    return undefined;
  let status = withCondition({ ...definition.status, acceptedNames: accepted }, condition, now);
  if (!isEstablished(definition))
    status = withCondition(
      status,
      conflict
        ? {
            type: 'Established',
            status: 'False',
            reason: 'NotAccepted',
            message: 'not all names are accepted',
          }
        : {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          },
      now,
    );
  return status;
}

const sameNames = (a: Json, b: Json): boolean =>
  [...NAMES, 'categories' as const].every((field) => JSON.stringify(a[field]) === JSON.stringify(b[field]));

const TERMINATING = 'Terminating';

/** Deletion was asked for; the objects come first. */
export const deletionPending = (status: Json | undefined, now: string): Json =>
  withCondition(
    status ?? {},
    {
      type: TERMINATING,
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    now,
  );

export const deletionInProgress = (status: Json, now: string): Json =>
  withCondition(
    status,
    {
      type: TERMINATING,
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    },
    now,
  );

/** Whether the definition waits for its objects to go. */
export const isTerminating = ({ metadata }: KubernetesObject): boolean =>
  isObject(metadata) && metadata['deletionTimestamp'] !== undefined;

export const cleansUp = ({ metadata }: KubernetesObject): boolean =>
  metadata.finalizers?.includes(CLEANUP_FINALIZER) ?? false;
