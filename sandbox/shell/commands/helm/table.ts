/** Tables as helm prints them: columns as wide as their longest cell, a tab between, blanks to the last column's end. */
export function layOut(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('\t')}\n`)
    .join('');
}
