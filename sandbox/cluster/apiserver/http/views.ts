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
}

const META = { apiVersion: 'meta.k8s.io/v1' };

const isList = (value: KubernetesObject | ObjectList): value is ObjectList =>
  'items' in value && Array.isArray(value.items) && !(value as KubernetesObject).metadata?.uid;

/** `value` as `view`. */
export function viewOf(value: KubernetesObject | ObjectList, view: View, options: ViewOptions): object {
  switch (view) {
    case 'Table':
      return tableOf(value, options, true);
    case 'PartialObjectMetadata':
      if (isList(value)) throw notAcceptable(view);
      return partial(value, options);
    case 'PartialObjectMetadataList':
      if (!isList(value)) throw notAcceptable(view);
      return {
        kind: 'PartialObjectMetadataList',
        ...META,
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
    ...META,
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

function partial(object: KubernetesObject, { managedFieldsOf }: ViewOptions): KubernetesObject {
  return {
    kind: 'PartialObjectMetadata',
    ...META,
    metadata: writtenMetadata(object, managedFieldsOf),
  };
}

function notAcceptable(view: View): StatusError {
  return new StatusError('NotAcceptable', `you requested ${view}, which this resource cannot be written as`);
}
