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

/** One runtime for the page; it keeps nothing until a session is opened. */
export function embeddedRuntime(): Runtime {
  return {
    name: 'embedded',
    available: () =>
      Promise.resolve(
        typeof Worker === 'undefined'
          ? { available: false, reason: 'This browser has no Web Workers, in which the cluster would run.' }
          : { available: true },
      ),
    open: async (start) => {
      const name = `slipway ${start.id}`;
      const ownership = await takeOwnership(name);
      if (ownership) return connect(start, name, ownership);
      throw new SessionOwnedElsewhere(async () => connect(start, name, await takeOver(name)));
    },
  };
}

async function connect(start: ExerciseStart, name: string, ownership: Ownership): Promise<Session> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name });
  const { port1, port2 } = new MessageChannel();
  const channel = new MessagePortChannel(port1);
  worker.onerror = (event) => {
    event.preventDefault();
    channel.lost(`The cluster’s Worker failed: ${event.message}. Reload the page; what you did is stored.`);
  };
  worker.postMessage({ start, database: name, port: port2 } satisfies OpenMessage, [port2]);
  const session = await connectSession(channel);
  ownership.onAsked(() => void session.close());
  session.onStatus((status) => {
    if (status.phase === 'closed') ownership.release();
  });
  return session;
}
