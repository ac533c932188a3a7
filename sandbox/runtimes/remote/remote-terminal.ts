/** A terminal, at the connecting end. */
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { TerminalConnection } from '../runtime.ts';
import { pump } from './pump.ts';
import type { Stream } from './stream.ts';

export class RemoteTerminal implements TerminalConnection {
  #stream: Stream;
  #exits = new Emitter<number>();
  #edits = new Emitter<string>();
  #output;

  readonly onExit = this.#exits.event;
  readonly onEdit = this.#edits.event;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#output = pump(stream, (message) => {
      if (typeof message['edit'] === 'string') this.#edits.fire(message['edit']);
      if (typeof message['exit'] === 'number') this.#exits.fire(message['exit']);
    });
    stream.onClose(() => {
      this.#exits.dispose();
      this.#edits.dispose();
    });
  }

  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>): Disposable {
    return this.#output.consume(listener);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#stream.post(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#stream.post({ resize: [columns, rows] });
  }

  close(): void {
    this.#stream.post({ close: true });
    this.#stream.end();
    this.#output.consume(() => {});
  }
}
