/**
 * Server-side apply (structured-merge-diff's `merge.Updater.Apply` under the field manager): merges the
 * applied configuration into the live object, takes out what its manager applied before and nobody wants
 * any more, and records ownership. Everything applied is owned; a value that somebody else owns differently
 * is a conflict unless forced.
 */
import {
  difference,
  equalSets,
  type FieldPath,
  type FieldSet,
  formatPath,
  members,
  recursiveDifference,
  union,
} from './field-set.ts';
import { appliedBefore, withSyncedAnnotation } from './last-applied.ts';
import {
  conflictsWith,
  decodeManagedFields,
  emptyObject,
  encodeManagedFields,
  kindText,
  type Manager,
  sameManager,
  stripUnowned,
} from './managed-fields.ts';
import type { KubernetesObject } from './object.ts';
import type { TypeRegistry } from './schema.ts';
import { StatusError, type StatusCause } from './status.ts';
import { compare, fieldSetOf, mergeTyped, removePaths, TypedValueError, withParents } from './typed-value.ts';

export interface Apply {
  /** The stored object; undefined when the apply creates it. */
  live: KubernetesObject | undefined;
  /** The applied configuration, as it was sent: without defaults. */
  config: KubernetesObject;
  registry: TypeRegistry;
  manager: string;
  force?: boolean;
  subresource?: string;
  /** RFC 3339. */
  time: string;
  /** Paths that this endpoint does not write: `{'f:status': {}}` of the main one. */
  ignored?: FieldSet;
}

export interface Applied {
  /** The merged object with its managedFields; its defaults are the caller's to apply. */
  object: KubernetesObject;
  /** False when neither the object nor anybody's ownership changed. */
  changed: boolean;
}

/** Throws `StatusError`: Conflict with a cause for each field, or what is wrong with the configuration. */
export function serverSideApply(apply: Apply): Applied {
  const { config, registry, force = false, time } = apply;
  const type = registry.typeOfObject(config);
  if (!type)
    throw new StatusError(
      'BadRequest',
      `no kind "${config.kind}" is registered for version "${config.apiVersion}"`,
    );
  if (config.metadata?.managedFields?.length)
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  const live: KubernetesObject = apply.live ?? {
    ...emptyObject(type),
    apiVersion: config.apiVersion!,
    kind: config.kind!,
  };

  const self = {
    manager: apply.manager,
    operation: 'Apply' as const,
    apiVersion: config.apiVersion ?? '',
    subresource: apply.subresource ?? '',
  };
  const before = decodeManagedFields(apply.live?.metadata.managedFields);
  const last = before.find((each) => sameManager(each, self));
  const others = before.filter((each) => each !== last);

  const named = namedFields(config, registry);
  const applied = withoutIgnored(stripUnowned(named), apply.ignored);
  let merged = mergeTyped(live, withoutManagedFields(config), type) as KubernetesObject;
  if (last) {
    const wanted = others.reduce<FieldSet | undefined>((sum, each) => union(sum, each.fields), named);
    const dropped = difference(withParents(last.fields), withParents(wanted));
    if (dropped) merged = removePaths(merged, dropped, type);
  }

  const { added, removed, modified } = compare(live, merged, type);
  const gained = stripUnowned(union(added, modified));
  const conflicts: { manager: Manager; fields: FieldSet }[] = [];
  for (const manager of others) {
    const fields = conflictsWith(manager, gained);
    if (fields) conflicts.push({ manager, fields });
  }
  if (conflicts.length > 0 && !force) {
    const allowed = appliedBefore(live, apply.manager, type);
    const left = conflicts.flatMap(({ manager, fields }) => {
      const contested = difference(fields, allowed);
      return contested ? [{ manager, fields: contested }] : [];
    });
    if (left.length > 0) throw conflictError(left);
  }

  const kept = others.map((each) => {
    const conflict = conflicts.find(({ manager }) => manager === each)?.fields;
    const fields = difference(difference(each.fields, conflict), removed) ?? {};
    return fields === each.fields ? each : { ...each, fields };
  });
  const fields = applied ?? {};
  const sameFields = last !== undefined && equalSets(last.fields, fields);
  const sameObject = !gained && !removed;
  if (sameObject && sameFields && apply.live) {
    const synced = withSyncedAnnotation(apply.live, config, apply.manager);
    return { object: synced, changed: synced !== apply.live };
  }
  // An apply that only claims what is already so leaves no time behind.
  const mine: Manager = { ...self, time: sameObject && apply.live ? last?.time : time, fields };
  const metadata = { ...merged.metadata, managedFields: encodeManagedFields([...kept, mine]) };
  return { object: withSyncedAnnotation({ ...merged, metadata }, config, apply.manager), changed: true };
}

/** Paths of the configuration. What does not fit the schema is a server error, as it is in Kubernetes. */
function namedFields(config: KubernetesObject, registry: TypeRegistry): FieldSet {
  try {
    return fieldSetOf(config, registry.typeOfObject(config)!);
  } catch (error) {
    if (!(error instanceof TypedValueError)) throw error;
    const { namespace = '', name = '' } = config.metadata;
    throw new StatusError(
      undefined,
      `failed to create typed patch object (${namespace}/${name}; ${kindText(config)}): ${error.message}`,
      undefined,
      500,
    );
  }
}

const withoutIgnored = (set: FieldSet | undefined, ignored: FieldSet | undefined) =>
  ignored ? recursiveDifference(set, ignored) : set;

function withoutManagedFields(config: KubernetesObject): KubernetesObject {
  if (!config.metadata?.managedFields) return config;
  const { managedFields: _mine, ...metadata } = config.metadata;
  return { ...config, metadata };
}

function conflictError(conflicts: readonly { manager: Manager; fields: FieldSet }[]): StatusError {
  const causes: StatusCause[] = [];
  const byManager = new Map<string, FieldPath[]>();
  for (const { manager, fields } of conflicts) {
    const who = managerText(manager);
    for (const path of members(fields)) {
      causes.push({
        reason: 'FieldManagerConflict',
        message: `conflict with ${who}`,
        field: formatPath(path),
      });
      byManager.set(who, [...(byManager.get(who) ?? []), path]);
    }
  }
  if (causes.length === 1)
    return new StatusError(
      'Conflict',
      `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`,
      { causes },
    );
  const lines = [...byManager]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([who, paths]) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${formatPath(path)}`)]);
  return new StatusError('Conflict', `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, {
    causes,
  });
}

/** `"kubectl-client-side-apply" using apps/v1`: an updater with its version, an applier without. */
function managerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name =
    JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
