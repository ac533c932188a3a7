/**
 * Go's `text/tabwriter`: text whose cells end in a tab is laid out in columns; a column is a run of
 * consecutive lines that have a cell there. kubectl's tables and descriptions get their shape from it. With
 * `rememberWidths` (kubectl's fork) columns never get narrower from one flush to the next, as `get -w` needs.
 * Left out: alignment to the right, filters, tab padding.
 */
export interface TabWriterOptions {
  minWidth: number;
  padding: number;
  rememberWidths?: boolean;
}

/** `kubectl get` and most other tables. */
export const TABLE: TabWriterOptions = { minWidth: 6, padding: 3, rememberWidths: true };
/** `kubectl describe`. */
export const DESCRIPTION: TabWriterOptions = { minWidth: 0, padding: 2 };

export class TabWriter {
  readonly #options: TabWriterOptions;
  #text = '';
  #remembered: number[] = [];

  constructor(options: TabWriterOptions) {
    this.#options = options;
  }

  write(text: string): void {
    this.#text += text;
  }

  /** The text written since the last flush, in columns. */
  flush(): string {
    const text = this.#text;
    this.#text = '';
    if (text === '') return '';
    const lines = text.split('\n').map((line) => line.split('\t'));
    return this.#format(lines, [], 0, lines.length).join('\n');
  }

  forgetWidths(): void {
    this.#remembered = [];
  }

  /** Lays out lines [from, to) whose first `widths.length` columns have these widths. */
  #format(lines: string[][], widths: number[], from: number, to: number): string[] {
    const out: string[] = [];
    const column = widths.length;
    for (let at = from; at < to;) {
      // The last cell of a line ends in no tab and belongs to no column.
      if (column >= lines[at]!.length - 1) {
        out.push(pad(lines[at]!, widths));
        at++;
        continue;
      }
      let end = at;
      let width = this.#options.minWidth;
      for (; end < to && column < lines[end]!.length - 1; end++)
        width = Math.max(width, length(lines[end]![column]!) + this.#options.padding);
      if (this.#options.rememberWidths) {
        width = Math.max(width, this.#remembered[column] ?? 0);
        this.#remembered[column] = width;
      }
      out.push(...this.#format(lines, [...widths, width], at, end));
      at = end;
    }
    return out;
  }
}

const length = (text: string) => [...text].length;

function pad(cells: readonly string[], widths: readonly number[]): string {
  let out = '';
  cells.forEach((cell, column) => {
    out += cell;
    if (column < cells.length - 1) out += ' '.repeat(Math.max(0, (widths[column] ?? 0) - length(cell)));
  });
  return out;
}

/** A table of rows, each cell but the last padded; one flush. */
export function layOut(rows: readonly (readonly string[])[], options: TabWriterOptions = TABLE): string {
  const writer = new TabWriter({ ...options, rememberWidths: false });
  for (const row of rows) writer.write(`${row.join('\t')}\n`);
  return writer.flush();
}
