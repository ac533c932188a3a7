/** Widths on a terminal, and the columns of `ls` and of completion. */

/** Columns a text takes: wide East Asian characters and emoji count two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += characterWidth(char.codePointAt(0)!);
  return width;
}

export function characterWidth(code: number): number {
  if (code < 0x300) return code < 32 || (code >= 0x7f && code < 0xa0) ? 0 : 1;
  if (
    code <= 0x36f ||
    code === 0x200b ||
    code === 0x200d ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0x1ab0 && code <= 0x1aff) ||
    (code >= 0x20d0 && code <= 0x20ff)
  )
    return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x303e) ||
    (code >= 0x3041 && code <= 0x33ff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xa000 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/**
 * Items down columns as `ls -C` lays them out: the fewest rows whose columns, two spaces apart, fit in
 * `width`. `sizes` are the items' widths, which escape sequences do not change.
 */
export function layOutColumns(items: readonly string[], sizes: readonly number[], width: number): string[] {
  if (items.length === 0) return [];
  for (let rows = 1; ; rows++) {
    const columns = Math.ceil(items.length / rows);
    const widths: number[] = [];
    for (let column = 0; column < columns; column++) {
      widths.push(Math.max(...sizes.slice(column * rows, (column + 1) * rows)));
    }
    const total = widths.reduce((sum, each) => sum + each + 2, -2);
    if (total > width - 1 && rows < items.length) continue;
    const lines: string[] = [];
    for (let row = 0; row < rows; row++) {
      let line = '';
      for (let column = 0; column < columns; column++) {
        const index = column * rows + row;
        if (index >= items.length) break;
        const last = index + rows >= items.length;
        line += items[index] + (last ? '' : ' '.repeat(widths[column]! - sizes[index]! + 2));
      }
      lines.push(line);
    }
    return lines;
  }
}
