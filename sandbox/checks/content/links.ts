/** Links of the content to pages of this site: dead ones are found before anybody follows them. */
import { blank, FENCED } from './prose.ts';

export interface Link {
  target: string;
  line: number;
}

/** Markdown links and `href`s, outside code. */
export function linksOf(markdown: string): Link[] {
  const text = markdown.replace(FENCED, blank).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)|href="([^"]+)"/g)].map((match) => ({
      target: (match[1] ?? match[2])!,
      line: index + 1,
    })),
  );
}

export interface Pages {
  chapters: ReadonlySet<string>;
  /** `chapter/exercise` */
  exercises: ReadonlySet<string>;
  slides: ReadonlySet<string>;
}

/**
 * Why a link leads nowhere, or undefined. Pages link to each other by relative paths, because the site may
 * live below a path: from a chapter `../apis/`, `./watch/`, `../../talk/13/`. Other sites are not asked.
 *
 * @param from the page's path: `learn/CHAPTER/` or `learn/CHAPTER/EXERCISE/`
 */
export function deadLink(target: string, from: string, pages: Pages): string | undefined {
  if (target.startsWith('#') || /^https?:\/\//.test(target)) return undefined;
  if (target.startsWith('/')) return 'a relative path (the site may live below one)';
  const path = new URL(target, `https://site/${from}`).pathname.slice(1);
  if (!path.endsWith('/')) return 'a path that ends in /';
  const [section, first, second] = path.split('/').filter((part) => part !== '');
  const known =
    section === undefined ||
    section === 'progress' ||
    (section === 'learn' &&
      (first === undefined ||
        (second === undefined ? pages.chapters.has(first) : pages.exercises.has(`${first}/${second}`)))) ||
    (section === 'talk' && (first === undefined || pages.slides.has(first)));
  return known ? undefined : 'a page that exists';
}
