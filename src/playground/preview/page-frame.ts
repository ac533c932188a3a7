/**
 * One visit of a page: an `iframe` and the way to it. Chromium runs sandboxed frames beside the lesson's process, several in
 * one; where a page that never ends its script holds that one, the next page does not even begin. It gets a new one as
 * soon as no frame is left in the old: so a frame that does not say hello is taken away and, a moment later, made anew.
 */
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import { Bridge, type BridgeEvents } from './bridge.ts';
import type { Answer } from './exchange.ts';
import { HELLO } from './messages.ts';
import { SANDBOX } from './policy.ts';

/** For the first word of a document's first script; doubled with each try. */
const PATIENCE_MS = 4000;
/** Until the browser has let go of a process without frames. */
const PAUSE_MS = 1000;
const TRIES = 4;

export interface PageFrameEvents extends Omit<BridgeEvents, 'leave'> {
  /** It went where the policy of the lesson's page lets no frame go. */
  refused(): void;
  /** It has made its document anew. */
  reloaded(): void;
  /** No document of it has ever begun. */
  stuck(): void;
}

export interface Page {
  answer: Answer;
  document: string;
}

export class PageFrame implements Disposable {
  #place: HTMLElement;
  #page: Page;
  #title: string;
  #events: PageFrameEvents;
  #frame: HTMLIFrameElement | undefined;
  #bridge: Bridge | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(place: HTMLElement, page: Page, title: string, events: PageFrameEvents) {
    this.#place = place;
    this.#page = page;
    this.#title = title;
    this.#events = events;
    window.addEventListener('message', this.#onMessage);
    document.addEventListener('securitypolicyviolation', this.#onViolation);
    this.#begin(1);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    window.removeEventListener('message', this.#onMessage);
    document.removeEventListener('securitypolicyviolation', this.#onViolation);
    this.#end();
  }

  #begin(attempt: number): void {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', SANDBOX);
    frame.referrerPolicy = 'no-referrer';
    frame.title = this.#title;
    frame.srcdoc = this.#page.document;
    let loads = 0;
    // A page that reloads itself comes back without a bridge.
    frame.addEventListener('load', () => {
      if (++loads > 1 && frame === this.#frame) this.#events.reloaded();
    });
    this.#frame = frame;
    this.#place.append(frame);
    this.#timer = setTimeout(
      () => {
        this.#end();
        if (attempt === TRIES) this.#events.stuck();
        else this.#timer = setTimeout(() => this.#begin(attempt + 1), PAUSE_MS);
      },
      PATIENCE_MS * 2 ** (attempt - 1),
    );
  }

  #end(): void {
    this.#bridge?.dispose();
    this.#bridge = undefined;
    this.#frame?.remove();
    this.#frame = undefined;
  }

  #onMessage = ({ source, data }: MessageEvent): void => {
    const frame = this.#frame;
    if (!frame || this.#bridge || source !== frame.contentWindow || data !== HELLO) return;
    clearTimeout(this.#timer);
    const { port1, port2 } = new MessageChannel();
    this.#bridge = new Bridge(port1, this.#page.answer.address, {
      ...this.#events,
      // As if the key had been pressed out here.
      leave: (backwards) =>
        frame.dispatchEvent(new KeyboardEvent('keydown', { key: 'F6', shiftKey: backwards, bubbles: true })),
    });
    // The frame's origin equals nothing, so that it cannot be named.
    frame.contentWindow!.postMessage(HELLO, '*', [port2]);
  };

  #onViolation = ({ effectiveDirective }: SecurityPolicyViolationEvent): void => {
    if (effectiveDirective === 'frame-src') this.#events.refused();
  };
}
