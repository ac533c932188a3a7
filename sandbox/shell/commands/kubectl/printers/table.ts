/**
 * Tables of the server, decorated and laid out (cli-runtime `printers/tableprinter.go`): columns for the
 * namespace, labels and the kind, wide columns, headers only when the columns changed.
 */
import { formatLabels } from '../../../../cluster/api/labels.ts';
import { TABLE, TabWriter } from '../tab-writer.ts';

/** `meta.k8s.io/v1` Table. */
export interface Table {
  kind: 'Table';
  metadata?: { resourceVersion?: string; continue?: string };
  columnDefinitions: Column[];
  rows: { cells: unknown[]; object?: any }[];
}

export interface Column {
  name: string;
  type: string;
  format?: string;
  priority?: number;
}

export interface TableOptions {
  wide?: boolean;
  noHeaders?: boolean;
  withNamespace?: boolean;
  /** `pod`, `deployment.apps`: printed before names. */
  kind?: string;
  showLabels?: boolean;
  labelColumns?: readonly string[];
}

export class TablePrinter {
  readonly #options: TableOptions;
  readonly #writer: TabWriter;
  #lastColumns: Column[] | undefined;
  #printedHeaders = false;

  constructor(options: TableOptions, writer = new TabWriter(TABLE)) {
    this.#options = options;
    this.#writer = writer;
  }

  /** Adds the table's rows to what `flush` returns. */
  print(table: Table, eventType?: string): void {
    let columns = table.columnDefinitions ?? [];
    // In a watch only the first table has columns.
    if (columns.length === 0) columns = this.#lastColumns ?? [];
    else if (!sameColumns(columns, this.#lastColumns)) {
      this.#lastColumns = columns;
      this.#printedHeaders = false;
    }
    const headers = !this.#options.noHeaders && !this.#printedHeaders && table.rows.length > 0;
    if (table.rows.length > 0) this.#printedHeaders = true;
    const shown = columns.map((column) => this.#options.wide || !column.priority);
    if (headers) {
      const names = columns.filter((_, at) => shown[at]).map((column) => column.name.toUpperCase());
      this.#line([
        ...(eventType ? ['EVENT'] : []),
        ...this.#before(['NAMESPACE']),
        ...names,
        ...this.#labelHeaders(),
      ]);
    }
    const nameColumn = columns.findIndex((column) => column.format === 'name' && column.type === 'string');
    for (const row of table.rows) {
      const metadata = row.object?.metadata as
        { namespace?: string; labels?: Record<string, string> } | undefined;
      const cells: string[] = [];
      row.cells.forEach((cell, at) => {
        if (!shown[at]) return;
        cells.push(
          at === nameColumn && this.#options.kind ? `${this.#options.kind}/${text(cell)}` : text(cell),
        );
      });
      const event = eventType ? [EVENT_TYPES[eventType] ?? eventType] : [];
      this.#line([
        ...event,
        ...this.#before([metadata?.namespace ?? '']),
        ...cells,
        ...this.#labelCells(metadata),
      ]);
    }
  }

  flush(): string {
    return this.#writer.flush();
  }

  #line(cells: readonly string[]): void {
    this.#writer.write(`${cells.join('\t')}\n`);
  }

  #before(cells: string[]): string[] {
    return this.#options.withNamespace ? cells : [];
  }

  #labelHeaders(): string[] {
    const names = (this.#options.labelColumns ?? []).map((label) => label.split('/').at(-1)!.toUpperCase());
    return this.#options.showLabels ? [...names, 'LABELS'] : names;
  }

  #labelCells(metadata: { labels?: Record<string, string> } | undefined): string[] {
    const cells = (this.#options.labelColumns ?? []).map((label) => metadata?.labels?.[label] ?? '');
    return this.#options.showLabels ? [...cells, formatLabels(metadata?.labels)] : cells;
  }
}

const EVENT_TYPES: Record<string, string> = {
  ADDED: 'ADDED   ',
  MODIFIED: 'MODIFIED',
  DELETED: 'DELETED ',
  ERROR: 'ERROR   ',
};

const sameColumns = (a: readonly Column[], b: readonly Column[] | undefined) =>
  b !== undefined &&
  a.length === b.length &&
  a.every((column, at) => column.name === b[at]!.name && column.priority === b[at]!.priority);

/** A cell is one line. */
function text(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const full = String(cell);
  const end = full.search(/[\f\n\r]/);
  return (end < 0 ? full : `${full.slice(0, end)}...`).replaceAll('\u001b', '^[');
}
