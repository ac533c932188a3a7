/** Views of `meta.k8s.io/v1` that a client may ask for instead of the objects: Table, PartialObjectMetadata. */
import type { KubernetesObject, ObjectList } from '../../api/object.ts';
import { tableFor } from '../../api/printed-columns/table.ts';
import type { ResourceInfo, TypeRegistry } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { writtenMetadata, writtenObject, type ManagedFieldsOf } from './encoding.ts';
import type { View } from './media-types.ts';

export interface ViewOptions {
  resource: ResourceInfo;
  types: TypeRegistry;
  nowMs: number;
  managedFieldsOf: ManagedFieldsOf;
  /** What rows of a Table carry of their object (`includeObject`). */
  includeObject: 'None' | 'Metadata' | 'Object';
  /** Version of meta.k8s.io. */
  version: string;
}

const INCLUDES = ['Metadata', 'Object', 'None'];

/** The `includeObject` of a query. Throws BadRequest for one that is none. */
export function includedObject(value: string | null): ViewOptions['includeObject'] {
  if (!value) return 'Metadata';
  if (INCLUDES.includes(value)) return value as ViewOptions['includeObject'];
  throw new StatusError(
    'BadRequest',
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

const metaVersion = (version: string) => ({ apiVersion: `meta.k8s.io/${version}` });

const isList = (value: KubernetesObject | ObjectList): value is ObjectList =>
  'items' in value && Array.isArray(value.items) && !(value as KubernetesObject).metadata?.uid;

/** `value` as `view`. */
export function viewOf(value: KubernetesObject | ObjectList, view: View, options: ViewOptions): object {
  switch (view) {
    case 'Table':
      return tableOf(value, options, true);
    case 'PartialObjectMetadata':
      if (isList(value)) throw notAcceptable(view, `is a list (*core.${value.kind})`);
      return partial(value, options);
    case 'PartialObjectMetadataList':
      if (!isList(value)) throw notAcceptable(view, `is not a list (*core.${value.kind})`);
      return {
        kind: 'PartialObjectMetadataList',
        ...metaVersion(options.version),
        metadata: value.metadata,
        items: value.items.map((item) => partial(item, options)),
      };
  }
}

/** `headers`: of a watch's tables only the first says what the columns are. */
export function tableOf(
  value: KubernetesObject | ObjectList,
  options: ViewOptions,
  headers: boolean,
): object {
  const objects = isList(value) ? value.items : [value];
  const { columnDefinitions, rows } = tableFor(objects, options.resource, {
    nowMs: options.nowMs,
    registry: options.types,
  });
  const { resourceVersion } = value.metadata;
  return {
    kind: 'Table',
    ...metaVersion(options.version),
    metadata: isList(value) ? value.metadata : { resourceVersion },
    columnDefinitions: headers ? columnDefinitions : null,
    rows: rows.map(({ cells, object }) =>
      options.includeObject === 'None'
        ? { cells, object: null }
        : {
            cells,
            object:
              options.includeObject === 'Object'
                ? writtenObject(object, options.managedFieldsOf)
                : partial(object, options),
          },
    ),
  };
}

function partial(object: KubernetesObject, { managedFieldsOf, version }: ViewOptions): KubernetesObject {
  return {
    kind: 'PartialObjectMetadata',
    ...metaVersion(version),
    metadata: writtenMetadata(object, managedFieldsOf),
  };
}

/** A bookmark as a Table: one row that prints nothing and carries the metadata. */
export function bookmarkTable(bookmark: KubernetesObject, options: ViewOptions): object {
  const { columnDefinitions } = tableFor([], options.resource, {
    nowMs: options.nowMs,
    registry: options.types,
  });
  const { resourceVersion } = bookmark.metadata;
  return {
    kind: 'Table',
    ...metaVersion(options.version),
    metadata: { resourceVersion },
    columnDefinitions: null,
    rows: [
      {
        cells: columnDefinitions.map(({ name, type }) =>
          type === 'integer' ? 0 : name === 'Age' ? '<unknown>' : '',
        ),
        object: options.includeObject === 'None' ? null : partial(bookmark, options),
      },
    ],
  };
}

function notAcceptable(view: View, why: string): StatusError {
  return new StatusError('NotAcceptable', `you requested ${view}, but the requested object ${why}`);
}
