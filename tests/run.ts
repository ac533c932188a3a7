/**
 * `npm test`: everything that can go wrong, cheapest first. Each stage prints its own output; the last
 * line says how many tests passed and failed over all of them. Exit code 0 only when none failed.
 *
 * `npm test -- unit browser` runs the named stages only. Outside CI a missing container engine skips the
 * kind stage with one line; with CI set it is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each takes a cluster and some minutes; the others are proved by hand, see docs/exercises-on-kind.md. */
const PROVED_ON_KIND = ['orchestration/repair-a-crashing-pod', 'orchestration/reconcile'];

interface Tally {
  passed: number;
  failed: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));
const stages: Record<string, () => Tally> = {
  format: () => command('npm', ['run', '--silent', 'format:check']),
  lint: () => command('npm', ['run', '--silent', 'lint']),
  types: () => command('npm', ['run', '--silent', 'types']),
  unit: () => vitest('unit'),
  real: () => vitest('real'),
  content: () => command('npm', ['run', '--silent', 'check-content', '--', '--runtime', 'embedded']),
  build: () => command('npm', ['run', '--silent', 'build']),
  size: () => command('npx', ['size-limit']),
  browser: () => vitest('browser'),
  kind: () => kind(() => vitest('kind')),
  'content-kind': () =>
    kind(() =>
      command('npm', ['run', '--silent', 'check-content', '--', '--runtime', 'kind', ...PROVED_ON_KIND]),
    ),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in stages));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}. Stages: ${Object.keys(stages).join(', ')}`);
  process.exit(2);
}

const total: Tally = { passed: 0, failed: 0 };
const summary: string[] = [];
for (const [name, stage] of Object.entries(stages)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n── ${name}`);
  const started = performance.now();
  const tally = stage();
  total.passed += tally.passed;
  total.failed += tally.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  summary.push(`${name.padEnd(13)}${tally.passed} passed, ${tally.failed} failed (${seconds} s)`);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** A command counts as one test. */
function command(program: string, args: string[]): Tally {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) console.error(`${[program, ...args].join(' ')}: exit ${status}`);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Runs one Vitest project and reads its counts. A project without tests, or with skipped ones, has failed. */
function vitest(project: string): Tally {
  const file = join(scratch, `${project}.json`);
  const args = [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${file}`,
  ];
  const { status } = spawnSync('npx', args, { stdio: 'inherit' });
  let report: {
    numPassedTests: number;
    numFailedTests: number;
    numFailedTestSuites: number;
    numPendingTests: number;
  };
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const failed = report.numFailedTests + report.numPendingTests;
  if (report.numPendingTests > 0) console.error(`${report.numPendingTests} tests of ${project} were skipped`);
  return { passed: report.numPassedTests, failed: status === 0 ? failed : Math.max(1, failed) };
}

function kind(stage: () => Tally): Tally {
  const engine = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
  const binary = spawnSync('kind', ['version'], { stdio: 'ignore' }).status === 0;
  if (engine && binary) return stage();
  const missing = engine ? '`kind` is not on the path' : 'no container engine answers';
  if (process.env['CI']) {
    console.error(`${missing}, and in CI the real cluster is not optional`);
    return { passed: 0, failed: 1 };
  }
  console.log(`Left out: ${missing}. Start an engine and install kind to run these tests.`);
  return { passed: 0, failed: 0 };
}
