/** One line of the bench's table. */
export interface Measurement {
  name: string;
  value: number;
  unit: 'ms' | 's' | 'kB' | 'MB' | '%' | '1/s' | '×';
  /** What the project aims at on a two-core machine; undefined for peers and plain facts. */
  goal?: number;
  /** Whether the goal is a floor (rates) instead of a ceiling. */
  atLeast?: boolean;
  /** Milliseconds of CPU that the measured process took: what is left of `value` when others use the machine too. */
  cpuMs?: number;
  /** What `value` was taken from, in the order of measuring. */
  samples?: number[];
}

/** Called with each measurement as soon as it is there, so that a part that takes too long keeps what it has. */
export type Report = (measurement: Measurement) => void;

export const COLUMNS: readonly { title: string; right: boolean }[] = [
  { title: 'measured', right: false },
  { title: 'value', right: true },
  { title: 'CPU', right: true },
  { title: 'goal', right: true },
  { title: '', right: false },
];

/** A measurement in words, a cell for each column. */
export function cellsOf({ name, value, unit, goal, atLeast, cpuMs }: Measurement): string[] {
  return [
    name,
    `${format(value)} ${unit}`,
    cpuMs === undefined ? '' : `${format(cpuMs)} ms`,
    goal === undefined ? '' : `${atLeast ? '≥' : '≤'} ${format(goal)} ${unit}`,
    verdict({ value, goal, atLeast }),
  ];
}

/** The table for people, goals beside what was measured. */
export function table(measurements: readonly Measurement[]): string {
  const rows = [COLUMNS.map(({ title }) => title), ...measurements.map(cellsOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (COLUMNS[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function verdict({
  value,
  goal,
  atLeast,
}: Pick<Measurement, 'value'> & { goal?: number | undefined; atLeast?: boolean | undefined }): string {
  if (goal === undefined) return '';
  return (atLeast ? value >= goal : value <= goal) ? 'reached' : 'missed';
}

const format = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
