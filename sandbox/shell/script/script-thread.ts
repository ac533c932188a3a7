/** The worker's side of JavaScript: scripts by number, each in an interpreter of its own. */
import { encode } from '../../core/bytes.ts';
import type { BatchPort } from '../batch-protocol.ts';
import type { FromScript, ToScript } from './script-protocol.ts';
import { prepareScripts, startScript, type ScriptRuntime } from './script-runtime.ts';

/** 128 + SIGABRT */
const ABORTED = 134;

export class ScriptThread {
  readonly #port: BatchPort;
  readonly #scripts = new Map<number, ScriptRuntime>();
  /** Events for scripts whose interpreter is still being made. */
  readonly #early = new Map<number, Extract<ToScript, { kind: 'script-event' }>[]>();

  constructor(port: BatchPort) {
    this.#port = port;
  }

  async hear(message: ToScript): Promise<void> {
    if (message.kind === 'script-prepare') return prepareScripts();
    const { id } = message;
    if (message.kind === 'script-start') {
      this.#early.set(id, []);
      const script = await startScript(message, (told) =>
        this.#port.postMessage({ ...told, id } as FromScript),
      );
      const early = this.#early.get(id);
      this.#early.delete(id);
      // Killed before it began.
      if (!early) return script.dispose();
      this.#scripts.set(id, script);
      this.#guarded(id, () => {
        script.begin();
        for (const { event, nowMs } of early) script.hear(event, nowMs);
      });
      return;
    }
    if (message.kind === 'script-kill') {
      this.#early.delete(id);
      this.#scripts.get(id)?.dispose();
      this.#scripts.delete(id);
      this.#port.postMessage({ kind: 'killed', id } satisfies FromScript);
      return;
    }
    const early = this.#early.get(id);
    if (early) early.push(message);
    else this.#guarded(id, () => this.#scripts.get(id)?.hear(message.event, message.nowMs));
  }

  /** An interpreter that breaks, most likely for want of memory, ends its script and no other. */
  #guarded(id: number, turn: () => void): void {
    try {
      turn();
    } catch (error) {
      const bytes = encode(`FATAL ERROR: ${(error as Error).message}\n`);
      this.#port.postMessage({ kind: 'output', id, fd: 2, bytes } satisfies FromScript);
      this.#port.postMessage({ kind: 'exit', id, exitCode: ABORTED } satisfies FromScript);
      this.#scripts.delete(id);
    }
    this.#sweep(id);
  }

  /** Frees the interpreter of a script that has ended. */
  #sweep(id: number): void {
    const script = this.#scripts.get(id);
    if (!script?.finished) return;
    script.dispose();
    this.#scripts.delete(id);
  }
}
