import type { FromFrame, ToFrame } from '../messages.ts';

export interface Connection {
  /** Asks the Service. Rejects as `fetch` does when there is no answer. */
  ask(request: {
    method: string;
    url: string;
    headers: [string, string][];
    body?: ArrayBuffer;
    signal?: AbortSignal;
  }): Promise<{ url: string; status: number; headers: [string, string][]; body: ArrayBuffer }>;
  tell(message: FromFrame): void;
}

/** The frame's end of the port that the lesson's page hands over once. Runs in the frame. */
export function connect(): Connection {
  type Reply = Extract<ToFrame, { kind: 'answer' | 'failure' }>;
  const waiting = new Map<number, (reply: Reply) => void>();
  const post = MessagePort.prototype.postMessage;
  let ids = 0;
  const port = new Promise<MessagePort>((resolve) => {
    const onMessage = (event: MessageEvent) => {
      const [given] = event.ports;
      if (event.source !== parent || !given) return;
      event.stopImmediatePropagation();
      removeEventListener('message', onMessage);
      given.onmessage = ({ data }: MessageEvent<Reply>) => {
        waiting.get(data.id)?.(data);
        waiting.delete(data.id);
      };
      resolve(given);
    };
    addEventListener('message', onMessage);
    parent.postMessage('slipway-preview', '*');
  });
  const tell = (message: FromFrame) => void port.then((open) => Reflect.apply(post, open, [message]));
  return {
    tell,
    ask({ method, url, headers, body, signal }) {
      const id = ++ids;
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener('abort', () => {
          waiting.delete(id);
          tell({ kind: 'abort', id });
          reject(signal.reason);
        });
        waiting.set(id, (reply) => {
          if (reply.kind === 'answer') resolve(reply);
          else reject(new TypeError(`Failed to fetch: ${reply.message}`));
        });
        tell({ kind: 'request', id, method, url, headers, ...(body ? { body } : {}) });
      });
    },
  };
}
