/** Cells of `metrics.k8s.io`, which metrics-server computes itself (pkg/api/table.go). */
import { addQuantities, formatQuantity, parseQuantity, type Quantity } from '../quantity.ts';
import type { Cell, CellsOf } from './table.ts';

const cells = (name: string, usages: Record<string, string>[], window: string): Cell[] => [
  name,
  ...['cpu', 'memory'].map((resource) => {
    let total: Quantity | undefined;
    for (const usage of usages) {
      const quantity = parseQuantity(usage[resource] ?? '0');
      total = total ? addQuantities(total, quantity) : quantity;
    }
    return total ? formatQuantity(total) : '0';
  }),
  window,
];

export const metricsCells: Record<string, CellsOf> = {
  'metrics.k8s.io/nodes': ({ metadata, usage, window }) => cells(metadata.name, [usage], window),
  'metrics.k8s.io/pods': ({ metadata, containers, window }) =>
    cells(
      metadata.name,
      containers.map(({ usage }: { usage: Record<string, string> }) => usage),
      window,
    ),
};
