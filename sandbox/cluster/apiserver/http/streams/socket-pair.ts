/** Two ends of a message socket within the process: what one sends, the other's listener gets. */
import { toDisposable, type Disposable } from '../../../../core/disposable.ts';
import type { MessageSocket } from '../../../../core/http.ts';

type Listener = (message: Uint8Array) => void | Promise<void>;
interface CloseReason {
  code: number;
  reason: string;
}

export function socketPair(protocol: string): [MessageSocket, MessageSocket] {
  const a = new End(protocol);
  const b = new End(protocol);
  a.connect(b);
  b.connect(a);
  return [a, b];
}

class End implements MessageSocket {
  readonly protocol: string;
  #transmit: (message: Uint8Array) => Promise<void> = () => Promise.resolve();
  #closePeer: (reason: CloseReason) => void = () => {};
  #listener: Listener | undefined;
  #waiting: { message: Uint8Array; taken: () => void }[] = [];
  #delivering = false;
  #onDrained: (() => void) | undefined;
  #closed: CloseReason | undefined;
  #closeListeners = new Set<(reason: CloseReason) => void>();

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  connect(peer: End): void {
    this.#transmit = (message) => peer.#receive(message);
    this.#closePeer = (reason) => void peer.#drained().then(() => peer.#end(reason));
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the socket is closed'));
    return this.#transmit(message);
  }

  onMessage(listener: Listener): Disposable {
    this.#listener = listener;
    void this.#deliver();
    return toDisposable(() => {
      if (this.#listener === listener) this.#listener = undefined;
    });
  }

  onClose(listener: (reason: CloseReason) => void): Disposable {
    const closed = this.#closed;
    if (closed) queueMicrotask(() => listener(closed));
    else this.#closeListeners.add(listener);
    return toDisposable(() => this.#closeListeners.delete(listener));
  }

  close(code = 1000, reason = ''): void {
    if (this.#closed) return;
    this.#end({ code, reason });
    this.#closePeer({ code, reason });
  }

  #receive(message: Uint8Array): Promise<void> {
    return new Promise((taken) => {
      this.#waiting.push({ message, taken });
      void this.#deliver();
    });
  }

  /** One message at a time: a listener that returns a promise is waited for. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    while (this.#listener && this.#waiting.length > 0) {
      const { message, taken } = this.#waiting.shift()!;
      await this.#listener(message);
      taken();
    }
    this.#delivering = false;
    if (this.#waiting.length === 0) this.#onDrained?.();
  }

  /** Resolves when everything that was sent before a close has been taken. */
  #drained(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#delivering) return Promise.resolve();
    return new Promise((resolve) => (this.#onDrained = resolve));
  }

  #end(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = reason;
    // Nobody takes these any more.
    for (const { taken } of this.#waiting.splice(0)) taken();
    for (const listener of this.#closeListeners) listener(reason);
    this.#closeListeners.clear();
  }
}
