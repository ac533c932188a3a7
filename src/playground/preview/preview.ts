/**
 * What the preview shows and where it has been. Each place is asked for anew when it is shown: going back sends no form a
 * second time.
 */
import { batch, computed, signal } from '@preact/signals';
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import type { Web } from '../../../sandbox/runtimes/runtime.ts';
import { follow, parseAddress, type PreviewAddress } from './address.ts';
import { contentType, dataUrl, kindOf, textOf } from './content.ts';
import { exchange, LeadsOut, type Answer, type PageRequest } from './exchange.ts';
import { explain, type Failure } from './failure.ts';
import type { LoadFile } from './page-document.ts';

/** More than this the page's own rendering would not bear. */
const MAX_TEXT_CHARACTERS = 500_000;
/** Files of a page that have not come by then are left to the frame. */
const FILES_MS = 5000;

export type Shown =
  | { kind: 'start' }
  | { kind: 'page'; answer: Answer; document: string }
  | { kind: 'text'; answer: Answer; text: string }
  | { kind: 'image'; answer: Answer; url: string }
  | { kind: 'bytes'; answer: Answer }
  | { kind: 'failure'; failure: Failure }
  /** What said so took itself away, or was taken away. */
  | { kind: 'gone'; reason: string };

export interface PreviewOptions {
  web: Web;
  /** Where names without a namespace are looked for. */
  namespace: string;
  /** Makes one document of a page. */
  draw(answer: Answer, load: LoadFile): Promise<string>;
}

const GET: PageRequest = {
  method: 'GET',
  headers: { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/*;q=0.8,*/*;q=0.7' },
};

export class Preview implements Disposable {
  readonly namespace: string;
  readonly shown = signal<Shown>({ kind: 'start' });
  /** What the address line holds: where the page is, or is being asked for. */
  readonly address = signal<PreviewAddress | undefined>(undefined);
  readonly loading = signal(false);
  /** Beside the page: why something that it or the reader asked for did not happen. */
  readonly notice = signal<string | undefined>(undefined);
  /** Counts what has been shown: a page that is asked for again begins again. */
  readonly visit = signal(0);
  readonly canGoBack = computed(() => this.#at.value > 0);
  readonly canGoForward = computed(() => this.#at.value < this.#places.value.length - 1);

  #options: PreviewOptions;
  #places = signal<PreviewAddress[]>([]);
  #at = signal(-1);
  #abort = new AbortController();

  constructor(options: PreviewOptions) {
    this.#options = options;
    this.namespace = options.namespace;
  }

  /** Goes to what somebody has written. */
  async open(text: string): Promise<void> {
    const address = parseAddress(text, this.namespace);
    if (address) return this.#go(address, GET);
    this.notice.value = isOwnMachine(text)
      ? `${text} is an address of the machine that the terminal runs on. Choose the Service behind it.`
      : `${text} names no Service. Write it as name:port/path, or name.namespace:port/path.`;
  }

  /** Goes where a link or form of the page leads. */
  async follow(url: string, request: PageRequest = GET): Promise<void> {
    const from = this.address.peek();
    const address = from && follow(url, from);
    if (!address) return void (this.notice.value = new LeadsOut(url).message);
    return this.#go(address, { ...request, headers: { ...GET.headers, ...request.headers } });
  }

  back(): Promise<void> {
    return this.#revisit(this.#at.peek() - 1);
  }

  forward(): Promise<void> {
    return this.#revisit(this.#at.peek() + 1);
  }

  reload(): Promise<void> {
    return this.#revisit(this.#at.peek());
  }

  /** Ends the page and shows what there is to choose from. */
  leave(): void {
    this.#end();
    this.#show({ kind: 'start' });
    this.address.value = undefined;
  }

  /** The page cannot go on. */
  lose(reason: string): void {
    if (this.shown.peek().kind === 'page') this.#show({ kind: 'gone', reason });
  }

  /** A request of the page's own. */
  request(address: PreviewAddress, request: PageRequest, signal: AbortSignal): Promise<Answer> {
    return exchange(this.#options.web, address, request, signal);
  }

  dispose(): void {
    this.#end();
  }

  async #revisit(at: number): Promise<void> {
    const address = this.#places.peek()[at];
    if (!address) return;
    this.#at.value = at;
    await this.#load(address, GET);
  }

  async #go(address: PreviewAddress, request: PageRequest): Promise<void> {
    batch(() => {
      this.#places.value = [...this.#places.peek().slice(0, this.#at.peek() + 1), address];
      this.#at.value++;
    });
    await this.#load(address, request);
  }

  async #load(address: PreviewAddress, request: PageRequest): Promise<void> {
    const { signal } = this.#end();
    batch(() => {
      this.address.value = address;
      this.loading.value = true;
      this.notice.value = undefined;
    });
    try {
      const answer = await exchange(this.#options.web, address, request, signal);
      const shown = await this.#read(answer, signal);
      if (signal.aborted) return;
      batch(() => {
        this.address.value = answer.address;
        this.#places.value = this.#places.peek().with(this.#at.peek(), answer.address);
        this.#show(shown);
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof LeadsOut) this.notice.value = error.message;
      else this.#show({ kind: 'failure', failure: explain(error, address) });
    } finally {
      if (!signal.aborted) this.loading.value = false;
    }
  }

  async #read(answer: Answer, signal: AbortSignal): Promise<Shown> {
    switch (kindOf(answer)) {
      case 'page': {
        const soon = AbortSignal.any([signal, AbortSignal.timeout(FILES_MS)]);
        const load: LoadFile = (address) =>
          exchange(this.#options.web, address, { method: 'GET', headers: {} }, soon).then(
            (file) => (file.status < 400 ? file : undefined),
            () => undefined,
          );
        return { kind: 'page', answer, document: await this.#options.draw(answer, load) };
      }
      case 'image':
        return { kind: 'image', answer, url: dataUrl(contentType(answer), answer.body) };
      case 'text': {
        const text = textOf(answer);
        const more = text.length - MAX_TEXT_CHARACTERS;
        const shown = more > 0 ? `${text.slice(0, MAX_TEXT_CHARACTERS)}\n(${more} more characters)` : text;
        return { kind: 'text', answer, text: shown };
      }
      case 'bytes':
        return { kind: 'bytes', answer };
    }
  }

  #show(shown: Shown): void {
    batch(() => {
      this.shown.value = shown;
      this.visit.value++;
    });
  }

  /** Nothing that was asked for before counts any longer. */
  #end(): AbortController {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.loading.value = false;
    return this.#abort;
  }
}

const isOwnMachine = (text: string) =>
  /^(?:\w+:\/\/)?(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/.test(text.trim());
