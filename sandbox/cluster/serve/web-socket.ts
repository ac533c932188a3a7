/** A `ws` WebSocket as a `MessageSocket`. */
import type { WebSocket } from 'ws';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import type { MessageSocket } from '../../core/http.ts';

type Listener = (message: Uint8Array) => void | Promise<void>;

/** Codes that may stand in a close frame. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code < 5000);

export class NodeSocket implements MessageSocket {
  readonly protocol: string;
  readonly #socket: WebSocket;
  #waiting: Uint8Array[] = [];
  #listener: Listener | undefined;
  #delivering = false;

  constructor(socket: WebSocket, protocol: string) {
    this.protocol = protocol;
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Uint8Array) => {
      this.#waiting.push(data);
      void this.#deliver();
    });
    // What broke is told by the close event that follows.
    socket.on('error', () => {});
  }

  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(message, { binary: true }, (error) => (error ? reject(error) : resolve())),
    );
  }

  onMessage(listener: Listener): Disposable {
    this.#listener = listener;
    void this.#deliver();
    return toDisposable(() => {
      if (this.#listener === listener) this.#listener = undefined;
    });
  }

  onClose(listener: (reason: { code: number; reason: string }) => void): Disposable {
    const own = (code: number, reason: Uint8Array) => listener({ code, reason: String(reason) });
    this.#socket.once('close', own);
    return toDisposable(() => this.#socket.off('close', own));
  }

  close(code = 1000, reason = ''): void {
    this.#socket.close(isSendable(code) ? code : 1000, reason);
  }

  /** One message at a time; while a listener takes its time, the sender is held back. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    while (this.#listener && this.#waiting.length > 0) {
      const taken = this.#listener(this.#waiting.shift()!);
      if (!taken) continue;
      this.#socket.pause();
      await taken;
      this.#socket.resume();
    }
    this.#delivering = false;
  }
}
