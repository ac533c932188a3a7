/** A disposable Worker for tools that cannot yield. It ends by `terminate()`. */
import { serveBatch } from '../../shell/batch-worker.ts';

serveBatch({
  postMessage: (message) => self.postMessage(message),
  onMessage: (listener) => (self.onmessage = ({ data }: MessageEvent) => listener(data)),
});
