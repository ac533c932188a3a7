/** For tests: the workers of `batch.ts` in this thread, over ports that copy as real ones do. */
import { macrotask } from '../core/slice.ts';
import { WorkerBatchTools, type BatchWorker } from './batch.ts';
import { serveBatch } from './batch-worker.ts';

declare function structuredClone<T>(value: T): T;

/** Nothing here can stop what does not yield. */
export const inProcessBatchTools = (): WorkerBatchTools => new WorkerBatchTools(spawn);

function spawn(): BatchWorker {
  let toWorker: ((message: unknown) => void) | undefined;
  let fromWorker: ((message: unknown) => void) | undefined;
  let terminated = false;
  const deliver = async (message: unknown, listener: () => typeof toWorker) => {
    const copy = structuredClone(message);
    await macrotask();
    if (!terminated) listener()?.(copy);
  };
  serveBatch({
    postMessage: (message) => void deliver(message, () => fromWorker),
    onMessage: (listener) => (toWorker = listener),
  });
  return {
    port: {
      postMessage: (message) => void deliver(message, () => toWorker),
      onMessage: (listener) => (fromWorker = listener),
    },
    terminate: () => (terminated = true),
  };
}
