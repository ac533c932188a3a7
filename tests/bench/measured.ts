/**
 * What was measured last, part by part: `docs/bench/measured.json`, and the table in `docs/bench/README.md` that is
 * made of it. A run of one part replaces that part and leaves the others as they were, each with its date and load.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { cellsOf, COLUMNS, type Measurement } from './measurement.ts';

interface Machine {
  cpu: string;
  cores: number;
  node: string;
  /** Of the minute that ended with the part, or began with it: whichever is higher. */
  loadAverage: number;
}

/** A part as it was measured last. */
export interface MeasuredPart {
  /** RFC 3339. */
  date: string;
  machine: Machine;
  measurements: Measurement[];
  /** What went wrong, if something did. */
  failure?: string;
}

export type Measured = Record<string, MeasuredPart>;

const JSON_FILE = fileURLToPath(new URL('../../docs/bench/measured.json', import.meta.url));
const README = fileURLToPath(new URL('../../docs/bench/README.md', import.meta.url));
const BEGIN = '<!-- measured: written by `npm run bench` -->';
const END = '<!-- end of measured -->';

const OURS = '1,000 pods Ready on 10 nodes';
const PEERS = '1,000 pods Ready on 10 nodes, @ngrok/webernetes';

/** What `docs/bench/measured.json` holds. */
export function readMeasured(): Measured {
  return existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Measured) : {};
}

/** Writes the file and the table of the README. `order`: the parts' names in the order of their rows. */
export async function writeMeasured(measured: Measured, order: readonly string[]): Promise<void> {
  const known = Object.fromEntries(order.flatMap((name) => (measured[name] ? [[name, measured[name]]] : [])));
  await writeFormatted(JSON_FILE, JSON.stringify(known));
  await writeFormatted(README, withTable(readFileSync(README, 'utf8'), known));
}

/** `readme` with the table of `measured` between its marks. Throws where these are not. */
export function withTable(readme: string, measured: Measured): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/bench/README.md has no lines ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${markdown(measured)}\n\n${readme.slice(end)}`;
}

/** All measurements, part after part, the comparison with the peer after the peer. */
export function rowsOf(measured: Measured): Measurement[] {
  const rows = Object.values(measured).flatMap(({ measurements }) => measurements);
  const ours = rows.find(({ name }) => name === OURS);
  const peers = rows.find(({ name }) => name === PEERS);
  if (!ours || !peers) return rows;
  const value = (peers.value * 1000) / ours.value;
  const ratio = {
    name: 'the same, times as fast as the peer',
    value,
    unit: '×',
    goal: 1,
    atLeast: true,
  } as const;
  return rows.toSpliced(rows.indexOf(peers) + 1, 0, ratio);
}

function markdown(measured: Measured): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rules = COLUMNS.map(({ right }) => (right ? '---:' : '---'));
  const table = [line(COLUMNS.map(({ title }) => title)), line(rules)];
  for (const row of rowsOf(measured)) table.push(line(cellsOf(row)));
  const parts = Object.entries(measured).map(([name, { date, machine, failure }]) => {
    const { cpu, cores, node, loadAverage } = machine;
    const where = `${date.slice(0, 10)}, ${cores} × ${cpu}, Node ${node}, load average ${loadAverage.toFixed(1)}`;
    return `- ${name}: ${where}${failure ? ` (**${failure}**)` : ''}`;
  });
  return `${table.join('\n')}\n\nWhen and where each part was measured:\n\n${parts.join('\n')}`;
}

async function writeFormatted(file: string, text: string): Promise<void> {
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
