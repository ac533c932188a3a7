/**
 * `npm test`: everything that can go wrong, cheapest first. Each stage prints its own output; the last
 * line says how many tests passed and failed over all of them, after what failed and how. Exit code 0 only
 * when none failed.
 *
 * `npm test -- unit browser` runs the named stages only. Outside CI a missing container engine skips the
 * kind stage with one line; with CI set it is a failure. In CI, tests get a second try, and what
 * needed it is told (docs/decisions/0019-a-second-try-in-ci.md).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runVitest, type StageResult } from './vitest-stage.ts';

/** Each takes some minutes of a cluster; the others are proved by hand, see docs/exercises-on-kind.md. */
const PROVED_ON_KIND = [
  'apis/a-pod-by-curl',
  'apis/watch',
  'automation/find-the-drift',
  'immutable-infrastructure/a-pet',
  'orchestration/reconcile',
  'orchestration/repair-a-crashing-pod',
];

const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));
const inCi = Boolean(process.env['CI']);
const stages: Record<string, () => StageResult> = {
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

const total = { passed: 0, failed: 0 };
const summary: string[] = [];
const failures: string[] = [];
const flaky: string[] = [];
for (const [name, stage] of Object.entries(stages)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n── ${name}`);
  const started = performance.now();
  const result = stage();
  total.passed += result.passed;
  total.failed += result.failed;
  failures.push(...result.failures.map((failure) => `${name}: ${failure}`));
  flaky.push(...result.flaky.map((failure) => `${name}: ${failure}`));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  summary.push(`${name.padEnd(13)}${result.passed} passed, ${result.failed} failed (${seconds} s)`);
}
rmSync(scratch, { recursive: true, force: true });
if (flaky.length > 0) console.log(`\n── Failed once, passed when run again\n\n${flaky.join('\n\n')}`);
if (failures.length > 0) console.log(`\n── Failed\n\n${failures.join('\n\n')}`);
console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** A command counts as one test. */
function command(program: string, args: string[]): StageResult {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status === 0) return { passed: 1, failed: 0, failures: [], flaky: [] };
  return refused(`${[program, ...args].join(' ')}: exit ${status}`);
}

/** In CI files that failed run once more, and the end of the run says so. */
function vitest(project: string): StageResult {
  return runVitest(project, { directory: scratch, secondTry: inCi });
}

function refused(why: string): StageResult {
  console.error(why);
  return { passed: 0, failed: 1, failures: [why], flaky: [] };
}

function kind(stage: () => StageResult): StageResult {
  const engine = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
  const binary = spawnSync('kind', ['version'], { stdio: 'ignore' }).status === 0;
  if (engine && binary) return stage();
  const missing = engine ? '`kind` is not on the path' : 'no container engine answers';
  if (inCi) return refused(`${missing}, and in CI the real cluster is not optional`);
  console.log(`Left out: ${missing}. Start an engine and install kind to run these tests.`);
  return { passed: 0, failed: 0, failures: [], flaky: [] };
}
