/**
 * What a browser has to have before it can paint a lesson as it stays: the page, the styles and scripts that hold it
 * up, and the fonts of its first lines. Read from the built pages.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SITE = fileURLToPath(new URL('../../dist/', import.meta.url));
const TAG = /<(?:link|script)\b[^>]*>/g;

/** Paths on disk for the lesson that needs most, the page first. Throws when the site is not built. */
export function beforeFirstPaint(): string[] {
  const learn = join(SITE, 'learn');
  let pages: string[];
  try {
    pages = readdirSync(learn, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('index.html'))
      .map((path) => join(learn, path));
  } catch {
    throw new Error('dist/ is not there. Run `npm run build` first.');
  }
  const needed = pages
    .map((page) => ({ page, html: readFileSync(page, 'utf8') }))
    .filter(({ html }) => html.includes('class="workbench"'))
    .map(({ page, html }) => [page, ...holdingUp(html)]);
  if (needed.length === 0) throw new Error('dist/learn/ has no lesson.');
  const sizeBytes = (paths: string[]) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
  return needed.reduce((most, paths) => (sizeBytes(paths) > sizeBytes(most) ? paths : most));
}

/** Styles for the screen, scripts that are neither modules nor deferred, and fonts that are asked for ahead. */
function holdingUp(html: string): string[] {
  return [...html.matchAll(TAG)].flatMap(([tag]) => {
    const address = /\s(?:href|src)="\/?([^"]+)"/.exec(tag)?.[1];
    if (!address) return [];
    const isStyle = tag.includes('rel="stylesheet"') && !tag.includes('media="print"');
    const isFont = tag.includes('rel="preload"') && tag.includes('as="font"');
    const isScript = tag.startsWith('<script') && !/type="module"|\s(?:defer|async)\b/.test(tag);
    return isStyle || isFont || isScript ? [join(SITE, address)] : [];
  });
}
