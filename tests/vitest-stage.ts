/**
 * One Vitest project as a stage of `npm test`: its counts, and each failure with its name and the beginning
 * of its message, so that the end of a long log says what to look at.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface StageResult {
  passed: number;
  failed: number;
  /** Each in a few lines: which test, and what it said. */
  failures: string[];
  /** The same of tests that failed once and passed when their file ran again. */
  flaky: string[];
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
  numPassedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

export interface StageOptions {
  /** Where reports are written. */
  directory: string;
  /**
   * Runs each file that failed once more: what passes then is counted as passed, and told as flaky at the
   * end of the run.
   */
  secondTry: boolean;
}

/** A project without tests, or with skipped ones, has failed. */
export function runVitest(project: string, options: StageOptions): StageResult {
  const first = run(project, [], options.directory);
  if (first === undefined) return { passed: 0, failed: 1, failures: [`${project} did not end`], flaky: [] };
  const failedFiles = first.report.testResults.filter(({ status }) => status !== 'passed');
  if (options.secondTry && failedFiles.length > 0) {
    const files = failedFiles.map(({ name }) => name);
    console.log(`\n── ${project}, once more: ${files.map(inRepository).join(', ')}`);
    const second = run(project, files, options.directory);
    if (second !== undefined) return told(merged(first.report, second.report), second.ended, first);
  }
  return told(first.report, first.ended);
}

interface Run {
  report: Report;
  /** Vitest's own word: it also fails for errors outside of tests. */
  ended: boolean;
}

function run(project: string, files: string[], directory: string): Run | undefined {
  const file = join(directory, `${project}${files.length > 0 ? '-again' : ''}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${file}`];
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', project, ...reporters, ...files], {
    stdio: 'inherit',
  });
  try {
    return { report: JSON.parse(readFileSync(file, 'utf8')) as Report, ended: status === 0 };
  } catch {
    return undefined;
  }
}

/** The first report, with the files of the second in the place of theirs. */
function merged(first: Report, second: Report): Report {
  const again = new Map(second.testResults.map((file) => [file.name, file]));
  const testResults = first.testResults.map((file) => again.get(file.name) ?? file);
  const passed = testResults.flatMap((file) => file.assertionResults).filter(isPassed).length;
  return { numPassedTests: passed, numPendingTests: first.numPendingTests, testResults };
}

function told(report: Report, ended: boolean, before?: Run): StageResult {
  const failures = failuresOf(report);
  if (report.numPendingTests > 0) failures.push(`${report.numPendingTests} tests were skipped`);
  if (!ended && failures.length === 0) failures.push('an error outside of tests, see above');
  if (report.numPassedTests === 0 && failures.length === 0) failures.push('no test was found');
  const flaky = before === undefined ? [] : failuresOf(before.report).filter((text) => !isIn(failures, text));
  return { passed: report.numPassedTests, failed: failures.length, failures, flaky };
}

const isIn = (failures: readonly string[], text: string) =>
  failures.some((failure) => firstLine(failure) === firstLine(text));

function failuresOf(report: Report): string[] {
  return report.testResults.flatMap((file) => {
    const tests = file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) =>
        described(`${inRepository(file.name)}: ${test.fullName}`, test.failureMessages[0] ?? ''),
      );
    if (tests.length > 0 || file.status === 'passed') return tests;
    return [described(inRepository(file.name), file.message)];
  });
}

const LINES_OF_A_MESSAGE = 25;

function described(title: string, message: string): string {
  const lines = message
    .split('\n')
    .filter((line) => !/^\s+at .*node_modules/.test(line))
    .slice(0, LINES_OF_A_MESSAGE);
  return [title, ...lines.map((line) => `    ${line}`)].join('\n');
}

const isPassed = (test: { status: string }) => test.status === 'passed';
const inRepository = (file: string) => relative(process.cwd(), file);
const firstLine = (text: string) => text.split('\n', 1)[0];
