/** One line of the bench's table. */
export interface Measurement {
  name: string;
  value: number;
  unit: 'ms' | 's' | 'kB' | 'MB' | '%' | '1/s';
  /** What the project aims at on a two-core machine; undefined for peers and plain facts. */
  goal?: number;
  /** Whether the goal is a floor (rates) instead of a ceiling. */
  atLeast?: boolean;
}

/** The table for people, goals beside what was measured. */
export function table(measurements: Measurement[]): string {
  const rows = measurements.map(({ name, value, unit, goal, atLeast }) => [
    name,
    `${format(value)} ${unit}`,
    goal === undefined ? '' : `${atLeast ? '≥' : '≤'} ${format(goal)} ${unit}`,
    goal === undefined ? '' : (atLeast ? value >= goal : value <= goal) ? 'reached' : 'missed',
  ]);
  const header = ['measured', 'value', 'goal', ''];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const format = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Math.round(value * 100) / 100);
