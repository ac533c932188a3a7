/**
 * `npm run bench [-- --json FILE] [--only PART]... [--no-peer]`: measures what the project promises about speed
 * and size, one table for people and JSON for machines. Goals are not tests: a missed one does not fail the run,
 * a part that breaks or takes too long does.
 */
import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table, type Measurement } from './measurement.ts';
import { PARTS } from './parts.ts';

const USAGE = `Usage: npm run bench -- [--json FILE] [--only PART]... [--no-peer]\nParts: ${Object.keys(PARTS).join(', ')}`;

const OURS = '1,000 pods Ready on 10 nodes';
const PEERS = '1,000 pods Ready on 10 nodes, @ngrok/webernetes';

function options() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'string' },
        only: { type: 'string', multiple: true },
        'no-peer': { type: 'boolean', default: false },
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

const { json, only, 'no-peer': noPeer } = options();
const measurements: Measurement[] = [];
const failures: string[] = [];
const started = new Date();
const loadBefore = loadavg()[0]!;

for (const name of only ?? Object.keys(PARTS)) {
  if (name === 'peer' && noPeer) continue;
  process.stderr.write(`measuring ${name} …\n`);
  const failure = await run(name);
  if (failure) failures.push(failure);
}
const ours = measurements.find(({ name }) => name === OURS);
const peers = measurements.find(({ name }) => name === PEERS);
if (ours && peers) {
  const value = (peers.value * 1000) / ours.value;
  measurements.push({
    name: 'the same, times as fast as the peer',
    value,
    unit: '×',
    goal: 1,
    atLeast: true,
  });
}

const load = Math.max(loadBefore, loadavg()[0]!);
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  loadAverage: load,
};
console.log(table(measurements));
console.log(`\n${machine.cores} × ${machine.cpu}, Node ${machine.node}, load average ${load.toFixed(1)}`);
if (load > machine.cores / 2) {
  console.log(
    'Other work was running: times are longer than they are on a quiet machine. CPU says what was ours.',
  );
}
for (const failure of failures) console.error(failure);
if (json !== undefined) {
  const written = { date: started.toISOString(), machine, measurements, failures };
  await writeFile(json, `${JSON.stringify(written, undefined, 2)}\n`);
}
process.exitCode = failures.length > 0 ? 1 : 0;

/** Measures a part. Resolves with what went wrong, if something did. */
function run(name: string): Promise<string | undefined> {
  const { limitSeconds } = PARTS[name]!;
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./part.ts', import.meta.url)), [name], {
      execArgv: ['--expose-gc'],
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitSeconds * 1000);
    child.on('message', (measurement) => void measurements.push(measurement as Measurement));
    child.on('close', (code) => {
      clearTimeout(timer);
      if (late) resolve(`${name}: not done after ${limitSeconds} s, the rest of it is not measured`);
      else resolve(code === 0 ? undefined : `${name}: ended with ${code}; what it said is above`);
    });
  });
}
