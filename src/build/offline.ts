/**
 * Writes `service-worker.js` with the list of the build's files: pages work offline after the first visit, and
 * a page that is open while a new version is deployed still finds its own parts.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

/** Files whose names carry a hash of their contents (Vite's). */
const ASSETS = '_astro/';
/** Found by search only when asked for, and large. */
const NOT_AHEAD = /^pagefind\/|\.map$|^service-worker\.js$/;

export function offline(): AstroIntegration {
  let base = '/';
  return {
    name: 'offline',
    hooks: {
      'astro:config:done': ({ config }) => {
        base = config.base.replace(/\/?$/, '/');
      },
      'astro:build:done': async ({ dir }) => {
        const root = fileURLToPath(dir);
        const entries = await readdir(root, { recursive: true, withFileTypes: true });
        const files = entries
          .filter((entry) => entry.isFile())
          .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replace(/^\//, ''))
          .filter((path) => !NOT_AHEAD.test(path))
          .sort();
        const version = createHash('sha256');
        for (const path of files) version.update(path).update(await readFile(root + path));
        const template = await readFile(new URL('./service-worker.js', import.meta.url), 'utf8');
        const manifest = {
          version: version.digest('hex').slice(0, 12),
          base,
          assets: files.filter((path) => path.startsWith(ASSETS)),
          pages: files
            .filter((path) => !path.startsWith(ASSETS))
            .map((path) => path.replace(/index\.html$/, '')),
        };
        await writeFile(`${root}service-worker.js`, template.replace('MANIFEST', JSON.stringify(manifest)));
      },
    },
  };
}
