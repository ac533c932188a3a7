/**
 * Runs before `start`, `test` and the other npm scripts: installs what the lock file names, but only when
 * it is not installed already, and with `--browser` finds or installs a Chromium for the tests.
 * Plain Node 20 without dependencies, because nothing is installed yet when it runs.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const stamp = join(root, 'node_modules', '.slipway-lock');

installPackages();
await writeProse();
if (process.argv.includes('--browser')) await installBrowser();

function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (installed === wanted) return;
  console.log('Installing packages (about a minute the first time) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm could not install the packages.', [
    'Is the npm registry reachable? `npm ping` tells.',
    'Then run the same command again: what was downloaded is kept.',
  ]);
  writeFileSync(stamp, wanted);
}

/** What Kubernetes says about its fields is generated from a package. */
async function writeProse() {
  const { writeProse: write } = await import('./sandbox/cluster/apiserver/prose/generate.mjs');
  write();
}

async function installBrowser() {
  if (await findBrowser()) return;
  const debian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (debian) {
    console.log('No Chromium found: installing Debian’s for the browser tests …');
    run('apt-get', ['update', '-qq'], 'apt-get update failed.', ['Is a Debian mirror reachable?']);
    run(
      'apt-get',
      ['install', '-y', '-qq', 'chromium', 'fonts-liberation'],
      'apt-get could not install chromium.',
      ['Install Chromium by hand, or set SLIPWAY_CHROMIUM to the path of one.'],
    );
  } else {
    console.log('No Chromium found: installing Playwright’s for the browser tests …');
    run('npx', ['playwright-core', 'install', 'chromium'], 'Playwright could not install Chromium.', [
      'Install Chromium or Chrome by hand, or set SLIPWAY_CHROMIUM to the path of one.',
    ]);
  }
  if (!(await findBrowser())) {
    fail('A browser was installed, but none can be found.', [
      'Set SLIPWAY_CHROMIUM to the path of a Chromium or Chrome.',
    ]);
  }
}

/** The executable of a Chromium that the tests can drive, or undefined. */
async function findBrowser() {
  const named = process.env.SLIPWAY_CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    fail(`SLIPWAY_CHROMIUM is ${named}, and there is no such file.`, ['Correct it, or unset it.']);
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  const { chromium } = await import('playwright-core');
  const own = chromium.executablePath();
  return existsSync(own) ? own : undefined;
}

function run(command, args, what, advice) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status !== 0)
    fail(`${what} (${[command, ...args].join(' ')}: exit ${result.status ?? result.error?.message})`, advice);
}

function fail(what, advice) {
  console.error(`\n${what}\n${advice.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}
