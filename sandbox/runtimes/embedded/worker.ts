/**
 * The Worker of an embedded session. Its own code is what the prompt needs; the cluster's is loaded beside
 * it. The page sends one `OpenMessage`, and then speaks the protocol of `remote/` over the port in it.
 */
import { AdjustableClock } from '../../core/adjustable-clock.ts';
import { RealClock, sleep } from '../../core/clock.ts';
import { WorkerBatchTools } from '../../shell/batch.ts';
import type { ExerciseStart } from '../runtime.ts';
import { serveSession } from '../remote/serve-session.ts';
import { openEmbeddedSession } from './embedded-session.ts';
import { openIndexedDbSessionStore } from './indexeddb-session-store.ts';
import { MessagePortChannel } from './message-port-channel.ts';
import { MemorySessionStore } from './session-store.ts';

export interface OpenMessage {
  start: ExerciseStart;
  /** Name of the database. */
  database: string;
  port: MessagePort;
}

const UNSTORED =
  'This browser stores nothing for this page (a private window, or storage that is blocked): your cluster and your files are gone when the tab is closed or reloaded.';

const LOAD_AGAIN_MS = 1000;

const load = () => import('../../cluster/cluster.ts');
// Browsers fail what is under way when the network changes: a laptop wakes, a container engine adds a bridge.
const cluster = load().catch(() => sleep(new RealClock(), LOAD_AGAIN_MS).then(load));
// The browser's performance tools show how a start goes, and the bench reads it.
cluster.then(() => performance.mark('cluster loaded')).catch(() => {});

self.onmessage = async ({ data }: MessageEvent<OpenMessage>) => {
  const lasting = await openIndexedDbSessionStore(data.database).catch(() => undefined);
  const session = await openEmbeddedSession({
    start: data.start,
    store: lasting ?? new MemorySessionStore(),
    unstored: lasting ? undefined : UNSTORED,
    clock: (startMs) => new AdjustableClock(new RealClock(), startMs),
    seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
    loadCluster: () => cluster,
    batch: new WorkerBatchTools(() => {
      const worker = new Worker(new URL('./batch-tool-worker.ts', import.meta.url), { type: 'module' });
      return {
        port: {
          postMessage: (message) => worker.postMessage(message),
          onMessage: (listener) => (worker.onmessage = ({ data: answer }: MessageEvent) => listener(answer)),
        },
        terminate: () => worker.terminate(),
      };
    }),
  });
  session.onStatus(({ phase, message }) => performance.mark(message || phase));
  const channel = new MessagePortChannel(data.port);
  channel.onClose(() => void session.close().then(() => self.close()));
  serveSession(session, channel);
};
