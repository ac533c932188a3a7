/**
 * An ordered, reliable, message-preserving connection: a MessagePort, a WebSocket. Adapters live where
 * their platform's types do; `memoryChannels` is the one that needs no platform.
 */
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';

export interface Channel {
  /** Sends one frame. The channel may take over the frame's buffer. After close it does nothing. */
  send(frame: Uint8Array): void;
  /** Frames in order. The one listener is registered before the channel's first frame is delivered. */
  onFrame(listener: (frame: Uint8Array) => void): Disposable;
  /** Fires once, whoever closed; `reason` is for people and may be empty. */
  onClose(listener: (reason: string) => void): Disposable;
  /** Closes both directions. Idempotent. */
  close(reason?: string): void;
  /** Bytes accepted by `send` and not yet handed to the network, where the platform tells. */
  readonly bufferedAmount?: number;
}

/** Two ends of a channel within one thread. Every frame arrives in a microtask of its own. */
export function memoryChannels(): [Channel, Channel] {
  const a = new MemoryChannel();
  const b = new MemoryChannel();
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class MemoryChannel implements Channel {
  peer: MemoryChannel | undefined;
  #frames = new Emitter<Uint8Array>();
  #closes = new Emitter<string>();

  readonly onFrame = this.#frames.event;
  readonly onClose = this.#closes.event;

  send(frame: Uint8Array): void {
    const peer = this.peer;
    if (peer) queueMicrotask(() => peer.#frames.fire(frame));
  }

  close(reason = ''): void {
    const peer = this.peer;
    if (!peer) return;
    this.peer = undefined;
    peer.peer = undefined;
    this.#closed(reason);
    // Behind the frames that were sent before.
    queueMicrotask(() => peer.#closed(reason));
  }

  #closed(reason: string): void {
    this.#closes.fire(reason);
    this.#closes.dispose();
    this.#frames.dispose();
  }
}
