import type { Connection } from './connect.ts';

/**
 * `fetch` and XMLHttpRequest over the bridge. Runs in the frame. Left out of XMLHttpRequest: synchronous requests,
 * progress of a part, and documents as responses; EventSource and WebSocket fail as on a network without them.
 */
export function network(connection: Connection): void {
  const send = async (request: Request, signal?: AbortSignal) => {
    const body = await request.arrayBuffer();
    return connection.ask({
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      ...(body.byteLength > 0 ? { body } : {}),
      ...(signal ? { signal } : {}),
    });
  };

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { url, status, headers, body } = await send(request, request.signal);
    const isEmpty = [204, 205, 304].includes(status);
    const response = new Response(isEmpty ? null : body, { status, headers });
    return Object.defineProperty(response, 'url', { value: url });
  };

  class BridgedRequest extends EventTarget {
    static readonly UNSENT = 0;
    static readonly OPENED = 1;
    static readonly HEADERS_RECEIVED = 2;
    static readonly LOADING = 3;
    static readonly DONE = 4;
    readyState = 0;
    status = 0;
    statusText = '';
    responseURL = '';
    responseType: XMLHttpRequestResponseType = '';
    response: unknown = null;
    timeout = 0;
    withCredentials = false;
    readonly upload = new EventTarget();
    #text = '';
    #method = 'GET';
    #url = '';
    #sent: [string, string][] = [];
    #received = new Headers();
    #abort = new AbortController();

    get responseText(): string {
      return this.#text;
    }

    open(method: string, url: string | URL): void {
      this.#method = method;
      this.#url = new URL(url, document.baseURI).href;
      this.#sent = [];
      this.#abort = new AbortController();
      this.status = 0;
      this.response = null;
      this.#text = '';
      this.#become(1);
    }

    setRequestHeader(name: string, value: string): void {
      this.#sent.push([name, value]);
    }

    overrideMimeType(): void {}

    getResponseHeader(name: string): string | null {
      return this.#received.get(name);
    }

    getAllResponseHeaders(): string {
      return [...this.#received].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    }

    send(body?: BodyInit | null): void {
      const { signal } = this.#abort;
      const isBare = this.#method === 'GET' || this.#method === 'HEAD' || body === undefined || body === null;
      const request = new Request(this.#url, {
        method: this.#method,
        headers: this.#sent,
        ...(isBare ? {} : { body }),
      });
      const timer =
        this.timeout > 0 ? setTimeout(() => this.#abort.abort('timeout'), this.timeout) : undefined;
      send(request, signal)
        .then(
          (answer) => {
            this.status = answer.status;
            this.responseURL = answer.url;
            this.#received = new Headers(answer.headers);
            this.#become(2);
            this.#become(3);
            this.#take(answer.body);
            return 'load';
          },
          () => (signal.aborted ? (signal.reason === 'timeout' ? 'timeout' : 'abort') : 'error'),
        )
        .then((outcome) => {
          clearTimeout(timer);
          this.#become(4);
          this.#fire(outcome);
          this.#fire('loadend');
        });
    }

    abort(): void {
      this.#abort.abort('abort');
    }

    #take(body: ArrayBuffer): void {
      const type = this.#received.get('content-type') ?? '';
      if (this.responseType === 'arraybuffer') return void (this.response = body);
      if (this.responseType === 'blob') return void (this.response = new Blob([body], { type }));
      this.#text = new TextDecoder().decode(body);
      this.response = this.#text;
      if (this.responseType !== 'json') return;
      try {
        this.response = JSON.parse(this.#text);
      } catch {
        this.response = null;
      }
    }

    #become(state: number): void {
      this.readyState = state;
      this.#fire('readystatechange');
    }

    #fire(type: string): void {
      const event = new ProgressEvent(type);
      const handler = (this as unknown as Record<string, unknown>)[`on${type}`];
      if (typeof handler === 'function') handler.call(this, event);
      this.dispatchEvent(event);
    }
  }
  window.XMLHttpRequest = BridgedRequest as unknown as typeof XMLHttpRequest;

  // No policy has a word for it that browsers hold.
  for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection'])
    delete (window as unknown as Record<string, unknown>)[name];
}
