/** A MessagePort (or a Worker, which has the same face) as a channel. Frames are transferred, not copied. */
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { Channel } from '../remote/channel.ts';

/** Ports have no close event that all browsers fire: the closing side says so. */
const CLOSED = 'closed';

interface PortLike {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close?(): void;
}

export class MessagePortChannel implements Channel {
  #port: PortLike;
  #frames = new Emitter<Uint8Array>();
  #closes = new Emitter<string>();
  #closed = false;

  constructor(port: PortLike) {
    this.#port = port;
    port.onmessage = ({ data }) => {
      if (data instanceof Uint8Array) this.#frames.fire(data);
      else if (Array.isArray(data) && data[0] === CLOSED) this.#end(String(data[1]));
    };
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    // A view of a part would take the rest of its buffer along.
    const own = frame.byteLength === frame.buffer.byteLength ? frame : frame.slice();
    this.#port.postMessage(own, [own.buffer as ArrayBuffer]);
  }

  onFrame(listener: (frame: Uint8Array) => void): Disposable {
    return this.#frames.event(listener);
  }

  onClose(listener: (reason: string) => void): Disposable {
    return this.#closes.event(listener);
  }

  close(reason = ''): void {
    if (this.#closed) return;
    this.#port.postMessage([CLOSED, reason]);
    this.#end(reason);
  }

  /** The other side is gone without having said so (its Worker crashed). */
  lost(reason: string): void {
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closes.fire(reason);
    this.#port.close?.();
    this.#frames.dispose();
    this.#closes.dispose();
  }
}
