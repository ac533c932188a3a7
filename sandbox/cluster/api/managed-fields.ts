/**
 * `metadata.managedFields`: who owns which fields (`apimachinery/pkg/util/managedfields`).
 *
 * Everything here is a pure function of two versions of an object, so a server need not call it on every
 * write: it can note who wrote and work the fields out when somebody looks. When it does, a controller's
 * update of a status costs the comparison of what it replaced (identical subtrees are skipped by reference)
 * and a few merges of small trees; sets of managers that the change does not touch stay the same objects.
 */
import {
  difference,
  equalSets,
  type FieldSet,
  intersection,
  recursiveDifference,
  union,
} from './field-set.ts';
import type { KubernetesObject, ManagedFieldsEntry } from './object.ts';
import { parseApiVersion, type TypeInfo, type TypeRegistry } from './schema.ts';
import { compare } from './typed-value.ts';

/** A manager's fields. Identity is manager, operation, apiVersion and subresource. */
export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string | undefined;
  fields: FieldSet;
}

export const sameManager = (
  a: Omit<Manager, 'time' | 'fields'>,
  b: Omit<Manager, 'time' | 'fields'>,
): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

export function decodeManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map((entry) => ({
    manager: entry.manager ?? '',
    operation: entry.operation ?? 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time,
    fields: (entry.fieldsV1 ?? {}) as unknown as FieldSet,
  }));
}

/** Appliers first, then by time, then by name; managers without fields are dropped. */
export function encodeManagedFields(managers: readonly Manager[]): ManagedFieldsEntry[] {
  return managers
    .filter(({ fields }) => Object.keys(fields).length > 0)
    .toSorted(
      (a, b) =>
        order(a.operation, b.operation) ||
        order(a.time ?? '', b.time ?? '') ||
        order(a.manager, b.manager) ||
        order(a.apiVersion, b.apiVersion) ||
        order(a.subresource, b.subresource),
    )
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1' as const,
      fieldsV1: fields as unknown as Record<string, unknown>,
      ...(subresource ? { subresource } : {}),
    }));
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Fields that nobody owns. */
const UNOWNED_META = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];

const LEAF_SET: FieldSet = {};
const UNOWNED: FieldSet = {
  'f:apiVersion': LEAF_SET,
  'f:kind': LEAF_SET,
  'f:metadata': Object.fromEntries(UNOWNED_META.map((name) => [`f:${name}`, LEAF_SET])),
};

/** A set without what nobody owns, `metadata` itself included. */
export function stripUnowned(set: FieldSet | undefined): FieldSet | undefined {
  const stripped = recursiveDifference(set, UNOWNED);
  const metadata = stripped?.['f:metadata'];
  if (!stripped || !metadata || !('.' in metadata || Object.keys(metadata).length === 0)) return stripped;
  const { 'f:metadata': _metadata, ...rest } = stripped;
  const { '.': _self, ...fields } = metadata;
  return Object.keys(fields).length > 0 ? { ...rest, 'f:metadata': fields } : rest;
}

export interface UpdateTracking {
  /** The stored object; undefined for a create. */
  live: KubernetesObject | undefined;
  /** The object about to be stored, decoded and with defaults. Its own managedFields are looked at first. */
  next: KubernetesObject;
  registry: TypeRegistry;
  /** Who writes: the fieldManager, or the user agent's name. */
  manager: string;
  /** Version of the request: `apps/v1`. */
  apiVersion: string;
  subresource?: string;
  /** RFC 3339. */
  time: string;
}

/** More Update managers than this are merged into one, `ancient-changes`. */
const MAX_UPDATE_MANAGERS = 10;

/** The managedFields of `next` after a create, update or patch other than apply. */
export function trackUpdate(tracking: UpdateTracking): ManagedFieldsEntry[] | undefined {
  const { live, next, registry, apiVersion, time } = tracking;
  const type = registry.typeOfObject(next);
  if (!type) return next.metadata.managedFields;
  const entries = next.metadata.managedFields ?? [];
  const before = live?.metadata.managedFields;
  // A client that sends an empty list takes every claim away; nobody owns anything until the next write.
  if (live && before?.length && next.metadata.managedFields?.length === 0) return undefined;
  const { added, removed, modified } = compare(live ?? emptyObject(type), next, type);
  const gained = stripUnowned(union(added, modified));
  const lost = stripUnowned(removed);
  if (!gained && !lost && entries.length === 0) return before;
  const managers = decodeManagedFields(entries.length > 0 ? entries : before);
  const changed = managers.map((each) => {
    const fields = difference(difference(each.fields, gained), lost) ?? LEAF_SET;
    return fields === each.fields ? each : { ...each, fields };
  });
  if (gained) {
    const self = {
      manager: tracking.manager,
      operation: 'Update' as const,
      apiVersion,
      subresource: tracking.subresource ?? '',
    };
    const at = managers.findIndex((each) => sameManager(each, self));
    const previous = at < 0 ? undefined : changed[at]!.fields;
    const fields = union(previous, gained) ?? LEAF_SET;
    // Fields that were ours already are the same tree again.
    const kept = at >= 0 && equalSets(fields, managers[at]!.fields) ? managers[at]!.fields : fields;
    if (at < 0) changed.push({ ...self, time, fields });
    else changed[at] = { ...self, time, fields: kept };
  }
  return encodeManagedFields(capped(changed));
}

/** Zero object of the kind: what was always there was not added by its creator. */
const empties = new WeakMap<TypeInfo, KubernetesObject>();
export function emptyObject(type: TypeInfo): KubernetesObject {
  let empty = empties.get(type);
  if (!empty) {
    empty = zeroStruct(type) as KubernetesObject;
    empties.set(type, empty);
  }
  return empty;
}

function zeroStruct(type: TypeInfo): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { name, type: field } of type.always)
    out[name] =
      field.kind === 'struct'
        ? zeroStruct(field)
        : field.kind === 'list' || field.kind === 'map'
          ? null
          : undefined;
  return out;
}

/** The oldest Update managers in one, when there are too many. */
function capped(managers: Manager[]): Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  if (updaters.length <= MAX_UPDATE_MANAGERS) return managers;
  const oldest = updaters
    .toSorted((a, b) => order(a.time ?? '', b.time ?? ''))
    .slice(0, updaters.length - MAX_UPDATE_MANAGERS + 1);
  const ancient = oldest.reduce<Manager>(
    (sum, each) => ({ ...sum, time: each.time, fields: union(sum.fields, each.fields) ?? LEAF_SET }),
    {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: oldest[0]!.apiVersion,
      subresource: '',
      time: undefined,
      fields: LEAF_SET,
    },
  );
  return [...managers.filter((each) => !oldest.includes(each)), ancient];
}

/** Fields of others that `gained` takes over. */
export function conflictsWith(manager: Manager, gained: FieldSet | undefined): FieldSet | undefined {
  return intersection(manager.fields, gained);
}

/** The group and version part of `apps/v1, Kind=Deployment`, for messages. */
export function kindText(object: KubernetesObject): string {
  const { group, version } = parseApiVersion(object.apiVersion ?? '');
  return `${group ? `${group}/` : '/'}${version}, Kind=${object.kind}`;
}
