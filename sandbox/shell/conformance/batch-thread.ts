/** Hosts the batch worker on one of Node's threads, for tests. */
import { parentPort } from 'node:worker_threads';
import { serveBatch } from '../batch-worker.ts';

serveBatch({
  postMessage: (message) => parentPort!.postMessage(message),
  onMessage: (listener) => void parentPort!.on('message', listener),
});
