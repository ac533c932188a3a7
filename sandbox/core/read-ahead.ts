/**
 * A body that is read ahead of its reader, as the buffers of a connection do: what is short has been sent whether or
 * not anybody looks at it, what is long waits for its reader.
 */
import type { HttpResponse } from './http.ts';

/** What two sockets hold between them. */
const BUFFER_BYTES = 256 * 1024;

export interface ReadAhead {
  body: AsyncIterable<Uint8Array>;
  /** Resolves when the source has ended, has failed, or its reader has left. */
  ended: Promise<void>;
}

export function readAhead(source: AsyncIterable<Uint8Array>): ReadAhead {
  const chunks: Uint8Array[] = [];
  let buffered = 0;
  let state: 'open' | 'ended' | 'left' = 'open';
  let failure: unknown;
  let wakeReader = () => {};
  let wakeSource = () => {};
  const pump = async (): Promise<void> => {
    try {
      for await (const chunk of source) {
        chunks.push(chunk);
        buffered += chunk.length;
        wakeReader();
        while (buffered > BUFFER_BYTES && state === 'open')
          await new Promise<void>((wake) => (wakeSource = wake));
        if (state !== 'open') return;
      }
    } catch (error) {
      failure = error;
    } finally {
      state = 'ended';
      wakeReader();
    }
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk) {
          buffered -= chunk.length;
          wakeSource();
          yield chunk;
        } else if (state !== 'open') {
          if (failure !== undefined) throw failure;
          return;
        } else await new Promise<void>((wake) => (wakeReader = wake));
      }
    } finally {
      if (state === 'open') state = 'left';
      wakeSource();
    }
  }
  return { body: read(), ended: pump() };
}

/** An answer whose body is read ahead; `done` is called when all of it has been sent, or nobody wants the rest. */
export function whenSent(response: HttpResponse, done: () => void): HttpResponse {
  if (response.body instanceof Uint8Array) {
    done();
    return response;
  }
  const { body, ended } = readAhead(response.body);
  void ended.then(done);
  return { ...response, body };
}
