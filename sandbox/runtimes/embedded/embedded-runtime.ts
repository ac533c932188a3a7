/** Sessions in the reader's own tab: starts the Worker, owns the exercise among tabs, and connects to it. */
import { connectSession } from '../remote/connect-session.ts';
import type { ExerciseStart, Runtime, Session } from '../runtime.ts';
import { MessagePortChannel } from './message-port-channel.ts';
import { takeOver, takeOwnership, type Ownership } from './ownership.ts';
import type { OpenMessage } from './worker.ts';

/** Another tab has the exercise open. Nothing is lost there or here. */
export class SessionOwnedElsewhere extends Error {
  override readonly name = 'SessionOwnedElsewhere';
  /** Has the other tab store its session and opens it here. */
  readonly takeOver: () => Promise<Session>;
  constructor(continueHere: () => Promise<Session>) {
    super('This lesson is open in another tab.');
    this.takeOver = continueHere;
  }
}

/**
 * One runtime for the page. The Worker of its first session starts with it, and loads while the page is drawn
 * and the exercise is being claimed; each later session starts its own.
 */
export function embeddedRuntime(): Runtime {
  const canRun = typeof Worker !== 'undefined';
  let ahead = canRun ? new SessionWorker() : undefined;
  const connectTo = (start: ExerciseStart, name: string, ownership: Ownership) => {
    const worker = ahead ?? new SessionWorker();
    ahead = undefined;
    return connect(worker, start, name, ownership);
  };
  return {
    name: 'embedded',
    available: () =>
      Promise.resolve(
        canRun
          ? { available: true }
          : { available: false, reason: 'This browser has no Web Workers, in which the cluster would run.' },
      ),
    open: async (start) => {
      const name = `slipway ${start.id}`;
      const ownership = await takeOwnership(name);
      if (ownership) return connectTo(start, name, ownership);
      throw new SessionOwnedElsewhere(async () => connectTo(start, name, await takeOver(name)));
    },
  };
}

/** A Worker that may fail before anybody is connected to it: whoever comes is told. */
class SessionWorker {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  #failure: string | undefined;
  #onFailure: (message: string) => void = () => {};

  constructor() {
    this.#worker.onerror = (event) => {
      event.preventDefault();
      // A script that did not load is told without a message.
      this.#failure = event.message ?? 'its scripts could not be loaded';
      this.#onFailure(this.#failure);
    };
  }

  open(message: OpenMessage, onFailure: (message: string) => void): void {
    this.#onFailure = onFailure;
    if (this.#failure === undefined) this.#worker.postMessage(message, [message.port]);
    else onFailure(this.#failure);
  }
}

async function connect(
  worker: SessionWorker,
  start: ExerciseStart,
  database: string,
  ownership: Ownership,
): Promise<Session> {
  const { port1, port2 } = new MessageChannel();
  const channel = new MessagePortChannel(port1);
  // Before the Worker is asked: one that has failed already says so at once.
  const connecting = connectSession(channel);
  worker.open({ start, database, port: port2 }, (message) => {
    channel.lost(`The cluster’s Worker failed: ${message}. Reload the page; what you did is stored.`);
  });
  const session = await connecting;
  ownership.onAsked(() => void session.close());
  session.onStatus((status) => {
    if (status.phase === 'closed') ownership.release();
  });
  return session;
}
