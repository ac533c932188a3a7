/**
 * Tables, as `kubectl get` shows them (`pkg/printers/internalversion`, 1.35). Columns are facts; cells are
 * computed by one function for each kind. Kinds without a function have their name and age.
 */
import { humanAge } from '../duration.ts';
import type { KubernetesObject } from '../object.ts';
import type { GroupVersionResource } from '../request.ts';
import type { Column, TypeRegistry } from '../schema.ts';
import { clusterCells } from './cluster.ts';
import { metricsCells } from './metrics.ts';
import { networkCells } from './network.ts';
import { podCells } from './pod.ts';
import { rbacCells } from './rbac.ts';
import { storageCells } from './storage.ts';
import { workloadCells } from './workload.ts';

export type Cell = string | number | boolean | null;

export interface CellContext {
  /** Epoch milliseconds, for ages. */
  nowMs: number;
}

/** Cells of one object, in the order of its kind's columns. */
export type CellsOf = (object: any, context: CellContext) => Cell[];

export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: Cell[];
  object: KubernetesObject;
}

/** The pieces of a `meta.k8s.io/v1` Table; rows hold whole objects, to be cut down by `includeObject`. */
export interface TablePieces {
  columnDefinitions: TableColumnDefinition[];
  rows: TableRow[];
}

const CELLS: Record<string, CellsOf> = {
  ...podCells,
  ...workloadCells,
  ...networkCells,
  ...clusterCells,
  ...storageCells,
  ...rbacCells,
  ...metricsCells,
};

const NAME_AND_AGE: readonly Column[] = [
  ['Name', 'string', 'name', 0],
  ['Age', 'string', '', 0],
];
const NAME_AND_CREATED: readonly Column[] = [
  ['Name', 'string', 'name', 0],
  ['Created At', 'date', '', 0],
];

export const age = (object: KubernetesObject, { nowMs }: CellContext): string =>
  humanAge(object.metadata.creationTimestamp, nowMs);

const nameAndAge: CellsOf = (object, context) => [object.metadata.name ?? '', age(object, context)];
const nameAndCreated: CellsOf = (object) => [
  object.metadata.name ?? '',
  object.metadata.creationTimestamp ?? null,
];

export function tableFor(
  objects: readonly KubernetesObject[],
  resource: GroupVersionResource,
  options: CellContext & { registry: TypeRegistry },
): TablePieces {
  const { group, version, resource: name } = resource;
  const custom = options.registry.resourceOf(group, version, name)?.custom?.table;
  if (custom)
    return {
      columnDefinitions: custom.columns,
      rows: objects.map((object) => ({ cells: custom.cellsOf(object, options), object })),
    };
  const own = options.registry.columnsOf(resource);
  const cells = CELLS[`${resource.group}/${resource.resource}`];
  const known = own !== undefined && cells !== undefined;
  const dated = own?.[1]?.[0] === 'Created At';
  const columns = known ? own : dated ? NAME_AND_CREATED : NAME_AND_AGE;
  const cellsOf = known ? cells : dated ? nameAndCreated : nameAndAge;
  return {
    columnDefinitions: columns.map(([name, type, format, priority]) => ({
      name,
      type,
      format,
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({ cells: cellsOf(object, options), object })),
  };
}
