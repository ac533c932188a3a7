/**
 * Builds the site when `dist/` is absent or older than what it is built from. `astro build` is a process of
 * its own, with its progress on the terminal.
 */
import { spawn } from 'node:child_process';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** What the site is made of, relative to the repository. */
const SOURCES = ['astro.config.mjs', 'package-lock.json', 'content', 'public', 'sandbox', 'src'];
/** Not part of the site, though inside it. */
const NOT_SOURCES = /(^|\/)(node_modules|service|contract)(\/|$)|\.test\.ts$/;

/** Resolves when `root/dist` is up to date. Throws `BuildFailed`. */
export async function buildSite(root: string): Promise<void> {
  const dist = join(root, 'dist');
  const built = await modifiedMs(join(dist, 'index.html'));
  if (built !== undefined && built >= (await newest(root))) return;
  console.log(
    built === undefined ? 'Building the site (once, about a minute) …' : 'Building the site anew …',
  );
  const started = new Date();
  await run(root, join(root, 'src/build/build.ts'));
  // A source that changed meanwhile is newer than what was built from it.
  await utimes(join(dist, 'index.html'), started, started);
}

async function newest(root: string): Promise<number> {
  let latest = 0;
  for (const source of SOURCES) {
    latest = Math.max(latest, (await modifiedMs(join(root, source))) ?? 0);
    const entries = await readdir(join(root, source), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || NOT_SOURCES.test(path.slice(root.length))) continue;
      latest = Math.max(latest, (await modifiedMs(path)) ?? 0);
    }
  }
  return latest;
}

const modifiedMs = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.mtimeMs;

function run(root: string, script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new BuildFailed(code))));
  });
}

export class BuildFailed extends Error {
  constructor(exitCode: number | null) {
    super(`The site could not be built (exit ${exitCode}); the lines above say why.`);
    this.name = 'BuildFailed';
  }
}
