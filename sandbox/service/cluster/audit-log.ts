/** The API server's audit log, followed on the control plane's node: kept for a replay, and passed on. */
import type Docker from 'dockerode';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import { demultiplex, start } from '../engine/exec.ts';
import type { Audit, AuditEvent } from '../../runtimes/runtime.ts';
import { AUDIT_LOG } from './kind-configuration.ts';

/** Events that are kept; a lesson makes a few a second at most. */
const KEPT = 10_000;

export class AuditLog implements Audit, Disposable {
  #events: AuditEvent[] = [];
  #emitter = new Emitter<AuditEvent>();
  #stop: (() => void) | undefined;
  #sinceMs = 0;

  watch(listener: (event: AuditEvent) => void): Disposable {
    for (const event of this.#events) listener(event);
    return this.#emitter.event(listener);
  }

  /**
   * Reads the log of this node from its beginning and follows it; what was asked before `sinceMs` (epoch) belongs
   * to an earlier life of the session. Replaces what was followed before.
   */
  async follow(node: Docker.Container, sinceMs: number): Promise<void> {
    this.dispose();
    this.#events = [];
    this.#sinceMs = sinceMs;
    const { stream } = await start(node, ['tail', '--lines=+1', '--follow=name', '--retry', AUDIT_LOG]);
    const stopped = toDisposable(() => stream.destroy());
    this.#stop = () => stopped.dispose();
    void this.#read(stream);
  }

  dispose(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #read(stream: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const { descriptor, bytes } of demultiplex(stream)) {
        if (descriptor !== 1) continue;
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.#take(line);
      }
    } catch {
      // The node is gone, or nobody follows any more.
    }
  }

  #take(line: string): void {
    let event: AuditEvent;
    try {
      event = JSON.parse(line) as AuditEvent;
    } catch {
      return;
    }
    if (event.kind !== 'Event' || event.stage !== 'ResponseComplete') return;
    if (Date.parse(event.requestReceivedTimestamp) < this.#sinceMs) return;
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    this.#emitter.fire(event);
  }
}
