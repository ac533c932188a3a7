/**
 * A page as one document for the frame: scripts, styles and pictures that it names are fetched and written into it, what
 * would load by itself is taken out, and the policy stands first. Parsed in a document of its own, where nothing runs.
 */
import { decode } from '../../../sandbox/core/bytes.ts';
import { follow, urlOf, type PreviewAddress } from './address.ts';
import { contentType, dataUrl, textOf } from './content.ts';
import { replaceUrls } from './css-urls.ts';
import type { Answer } from './exchange.ts';
import { frameScript } from './frame/frame-script.ts';
import { documentPolicy } from './policy.ts';

/** Files of one page; what it names beyond them the frame asks for by itself, or does without. */
const MAX_FILES = 200;
const MAX_IMPORT_DEPTH = 4;

/** What the preview gives a page: the answer to a GET, or undefined where there is none that is good. */
export type LoadFile = (address: PreviewAddress) => Promise<Answer | undefined>;

export async function pageDocument(answer: Answer, load: LoadFile): Promise<string> {
  const page = new DOMParser().parseFromString(textOf(answer), 'text/html');
  const quirks = page.compatMode === 'BackCompat';
  const base = takeBase(page, answer.address);
  const refresh = takeRefresh(page, base);
  takeLinks(page);
  await new Inlining(page, base, load).run();
  const head =
    (quirks ? '' : '<!doctype html>') +
    `<meta http-equiv="Content-Security-Policy" content="${attribute(documentPolicy(base))}">` +
    `<base href="${attribute(urlOf(base))}">` +
    `<script>${frameScript({ refresh })}</script>`;
  // Before the page's own first tag: the parser merges what follows into the document that has begun.
  return head + page.documentElement.outerHTML;
}

const attribute = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** Where the page's links start from: its own `<base>`, of which the first counts. */
function takeBase(page: Document, address: PreviewAddress): PreviewAddress {
  const bases = [...page.querySelectorAll('base')];
  const href = bases.find((base) => base.hasAttribute('href'))?.getAttribute('href');
  for (const base of bases) base.remove();
  return (href && follow(href, address)) || address;
}

/** `<meta http-equiv="refresh">` would send the frame away; the preview goes instead. */
function takeRefresh(page: Document, base: PreviewAddress): { afterMs: number; url: string } | undefined {
  let refresh: { afterMs: number; url: string } | undefined;
  for (const meta of page.querySelectorAll('meta[http-equiv]')) {
    const name = meta.getAttribute('http-equiv')!.trim().toLowerCase();
    // A policy of the page's own speaks of addresses that are data here.
    if (name !== 'refresh' && name !== 'content-security-policy') continue;
    meta.remove();
    const [, seconds, url = ''] = /^\s*(\d+)[.\d]*\s*(?:[;,]\s*(?:url\s*=\s*)?["']?([^"']*))?/i.exec(
      meta.getAttribute('content') ?? '',
    ) ?? [undefined, undefined];
    if (name === 'refresh' && seconds !== undefined)
      refresh ??= { afterMs: Number(seconds) * 1000, url: new URL(url, urlOf(base)).href };
  }
  return refresh;
}

/** Icons, preloads and hints of what comes next: the frame has no use for them. */
function takeLinks(page: Document): void {
  for (const link of page.querySelectorAll('link')) if (!link.relList.contains('stylesheet')) link.remove();
}

class Inlining {
  #page: Document;
  #base: PreviewAddress;
  #load: LoadFile;
  /** By URL: what several places name is fetched once. */
  #files = new Map<string, Promise<Answer | undefined>>();

  constructor(page: Document, base: PreviewAddress, load: LoadFile) {
    this.#page = page;
    this.#base = base;
    this.#load = load;
  }

  async run(): Promise<void> {
    const done: Promise<void>[] = [];
    for (const link of this.#page.querySelectorAll('link')) done.push(this.#put(link, 'href', this.#sheet));
    for (const script of this.#page.querySelectorAll('script[src]'))
      done.push(this.#put(script, 'src', this.#script));
    for (const style of this.#page.querySelectorAll('style')) {
      done.push(this.#style(style.textContent, this.#base).then((css) => void (style.textContent = css)));
    }
    for (const element of this.#page.querySelectorAll('[style*="url("]')) {
      const css = this.#style(element.getAttribute('style')!, this.#base);
      done.push(css.then((text) => element.setAttribute('style', text)));
    }
    for (const set of this.#page.querySelectorAll('[srcset]')) {
      if (set.localName === 'source') set.remove();
      else set.removeAttribute('srcset');
    }
    for (const media of this.#page.querySelectorAll('img, audio, video, source, input[type=image]'))
      done.push(this.#put(media, 'src', this.#file));
    for (const video of this.#page.querySelectorAll('video'))
      done.push(this.#put(video, 'poster', this.#file));
    for (const image of this.#page.querySelectorAll('image')) done.push(this.#put(image, 'href', this.#file));
    await Promise.all(done);
  }

  /** Replaces an attribute by its file; what is not to be had keeps its address, which the policy refuses. */
  async #put(
    element: Element,
    name: string,
    read: (this: this, url: string, from: PreviewAddress) => Promise<string | undefined>,
  ): Promise<void> {
    const url = element.getAttribute(name)?.trim();
    if (!url || /^(?:data|blob):/i.test(url)) return;
    const inlined = await read.call(this, url, this.#base);
    if (inlined === undefined) return;
    element.setAttribute(name, inlined);
    // They speak of an address that it no longer has.
    for (const other of ['integrity', 'crossorigin']) element.removeAttribute(other);
  }

  async #get(url: string, from: PreviewAddress): Promise<Answer | undefined> {
    const address = follow(url, from);
    if (!address) return;
    const key = urlOf(address);
    let file = this.#files.get(key);
    if (!file) {
      if (this.#files.size >= MAX_FILES) return;
      this.#files.set(key, (file = this.#load(address)));
    }
    return file;
  }

  async #file(url: string, from: PreviewAddress): Promise<string | undefined> {
    const answer = await this.#get(url, from);
    return answer && dataUrl(contentType(answer) || 'application/octet-stream', answer.body);
  }

  async #script(url: string, from: PreviewAddress): Promise<string | undefined> {
    const answer = await this.#get(url, from);
    return answer && dataUrl('text/javascript;charset=utf-8', answer.body);
  }

  async #sheet(url: string, from: PreviewAddress, depth = 0): Promise<string | undefined> {
    const answer = await this.#get(url, from);
    if (!answer) return;
    const css = await this.#style(decode(answer.body), answer.address, depth);
    return dataUrl('text/css;charset=utf-8', new TextEncoder().encode(css));
  }

  #style(css: string, from: PreviewAddress, depth = 0): Promise<string> {
    return replaceUrls(css, async (url, isSheet) => {
      if (!isSheet) return this.#file(url, from);
      return depth < MAX_IMPORT_DEPTH ? this.#sheet(url, from, depth + 1) : undefined;
    });
  }
}
