/**
 * `npm run bench [-- --only PART]... [--no-peer] [--no-docs]`: measures what the project promises about speed and
 * size, part by part, prints one table and writes what was measured into `docs/bench/`. Goals are not tests: a missed
 * one does not fail the run, a part that breaks or takes too long does.
 */
import { fork } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readMeasured, rowsOf, writeMeasured, type Measured, type MeasuredPart } from './measured.ts';
import { table, type Measurement } from './measurement.ts';
import { PARTS } from './parts.ts';

const NAMES = Object.keys(PARTS);
const USAGE = `Usage: npm run bench -- [--only PART]... [--no-peer] [--no-docs]\nParts: ${NAMES.join(', ')}`;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        'no-peer': { type: 'boolean', default: false },
        'no-docs': { type: 'boolean', default: false },
      },
    });
    const unknown = values.only?.find((name) => !(name in PARTS));
    if (unknown !== undefined) throw new Error(`There is no part ${unknown}.`);
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { only, 'no-peer': noPeer, 'no-docs': noDocs } = options();
const measured: Measured = {};

for (const name of only ?? NAMES) {
  if (name === 'peer' && noPeer) continue;
  process.stderr.write(`measuring ${name} …\n`);
  measured[name] = await measuredPart(name);
  // After each part: a run that is stopped keeps what it has.
  if (!noDocs) await writeMeasured({ ...readMeasured(), ...measured }, NAMES);
}
console.log(table(rowsOf(measured)));
const load = Math.max(...Object.values(measured).map(({ machine }) => machine.loadAverage));
console.log(`\nload average up to ${load.toFixed(1)}`);
if (load > cpus().length / 2) {
  console.log(
    'Other work was running: times are longer than they are on a quiet machine. CPU says what was ours.',
  );
}
for (const { failure } of Object.values(measured)) {
  if (!failure) continue;
  console.error(failure);
  process.exitCode = 1;
}

async function measuredPart(name: string): Promise<MeasuredPart> {
  const date = new Date().toISOString();
  const loadBefore = loadavg()[0]!;
  const measurements: Measurement[] = [];
  const failure = await run(name, (measurement) => void measurements.push(measurement));
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    loadAverage: Math.max(loadBefore, loadavg()[0]!),
  };
  return { date, machine, measurements, ...(failure ? { failure } : {}) };
}

/** Measures a part in a process of its own. Resolves with what went wrong, if something did. */
function run(name: string, report: (measurement: Measurement) => void): Promise<string | undefined> {
  const { limitSeconds } = PARTS[name]!;
  return new Promise((resolve) => {
    const args = noDocs ? [name, '--no-docs'] : [name];
    const child = fork(fileURLToPath(new URL('./part.ts', import.meta.url)), args, {
      execArgv: ['--expose-gc'],
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitSeconds * 1000);
    child.on('message', (measurement) => report(measurement as Measurement));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (late) resolve(`${name}: not done after ${limitSeconds} s, the rest of it is not measured`);
      else resolve(code === 0 ? undefined : `${name}: ended with ${code}; what it said is above`);
    });
  });
}
