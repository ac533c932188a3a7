/**
 * Tells the browser in a lesson's first bytes which scripts lead to the prompt, so that they are fetched side by
 * side instead of one after the other as each names the next: the workbench, xterm and the sandbox's entry. The
 * Worker's own scripts are left out: no browser shares a preload with a Worker. The script that starts the Worker
 * does not wait for the rest of the page.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

/** Chunks by the name that the bundler gives them after their module. */
const ON_THE_WAY = /^(Workbench|terminal-view|sandbox|TwoColumnContent)\.[\w.-]+\.js$/;
/** Of the component that starts the session ahead. */
const SESSION_AHEAD = /<script type="module" src="([^"]*\/TwoColumnContent\.[\w.-]+\.js)"><\/script>/;
const STATIC_IMPORT = /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g;

export function preload(): AstroIntegration {
  let base = '/';
  return {
    name: 'preload',
    hooks: {
      'astro:config:done': ({ config }) => {
        base = config.base.replace(/\/?$/, '/');
      },
      'astro:build:done': async ({ dir, pages }) => {
        const root = fileURLToPath(dir);
        const assets = join(root, '_astro');
        const names = await readdir(assets);
        const scripts = await withImports(
          assets,
          names.filter((name) => ON_THE_WAY.test(name)),
        );
        if (scripts.size === 0) {
          throw new Error(
            `preload: expected chunks of Workbench, terminal-view, sandbox and TwoColumnContent; received ${names.join(', ')}`,
          );
        }
        const links = [...scripts]
          .map((name) => `<link rel="modulepreload" href="${base}_astro/${name}">`)
          .join('');
        for (const { pathname } of pages) {
          const file = join(root, pathname, 'index.html');
          const html = await readFile(file, 'utf8').catch(() => '');
          if (!html.includes('class="workbench"')) continue;
          const ahead = SESSION_AHEAD.exec(html);
          if (!ahead)
            throw new Error(`preload: expected a script of TwoColumnContent in ${file}; there is none`);
          const early = `<script type="module" async src="${ahead[1]}"></script>`;
          await writeFile(
            file,
            html
              .replace(ahead[0], '')
              .replace('</head>', `${early}</head>`)
              .replace('<head>', `<head>${links}`),
          );
        }
      },
    },
  };
}

/** `names` and what they import statically, directly or not. */
async function withImports(folder: string, names: string[]): Promise<Set<string>> {
  const found = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const code = await readFile(join(folder, name), 'utf8');
    waiting.push(...[...code.matchAll(STATIC_IMPORT)].map((match) => match[1]!));
  }
  return found;
}
