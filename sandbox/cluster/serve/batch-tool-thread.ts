/** A disposable thread for tools that cannot yield. It ends by `terminate()`. */
import { parentPort } from 'node:worker_threads';
import { serveBatch } from '../../shell/batch-worker.ts';

const port = parentPort!;
serveBatch({
  postMessage: (message) => port.postMessage(message),
  onMessage: (listener) => void port.on('message', listener),
});
