/** The Kubernetes API through a session, as the suite uses it. */
import { decode, encode } from '../../core/bytes.ts';
import { readText, type HttpResponse, type MessageSocket } from '../../core/http.ts';
import type { Session } from '../runtime.ts';
import { claim } from './claim.ts';
import { eventually, soon } from './patience.ts';

export interface Answer {
  status: number;
  // What the API answers is whatever the case asks for.
  body: any;
}

export async function api(session: Session, method: string, path: string, body?: unknown): Promise<Answer> {
  const patching = method === 'PATCH';
  const response = await soon(
    session.kube.fetch({
      method,
      path,
      headers: {
        accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'content-type': patching ? 'application/merge-patch+json' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: encode(JSON.stringify(body)) }),
    }),
    `${method} ${path}`,
  );
  const text = await readText(response);
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Creates an object. */
export async function create(session: Session, collection: string, object: unknown): Promise<any> {
  const { status, body } = await api(session, 'POST', collection, object);
  claim(status === 201, `POST ${collection}: expected 201, received ${status} ${body?.message}`);
  return body;
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const PODS = '/api/v1/namespaces/default/pods';

export const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { contract: 'yes' } },
  data,
});

export interface WatchEvent {
  type: string;
  object: any;
}

/** A watch: its events as they are asked for. */
export class Watch {
  static async start(session: Session, path: string, signal?: AbortSignal): Promise<Watch> {
    const response = await soon(
      session.kube.fetch({ method: 'GET', path, headers: {}, ...(signal ? { signal } : {}) }),
      `GET ${path}`,
    );
    return new Watch(response);
  }

  readonly status: number;
  readonly #events: AsyncIterator<WatchEvent>;

  constructor(response: HttpResponse) {
    this.status = response.status;
    this.#events = lines(response)[Symbol.asyncIterator]();
  }

  /** The next event; undefined at the watch's end. */
  async next(what: string): Promise<WatchEvent | undefined> {
    const { value, done } = await soon(this.#events.next(), `watch: ${what}`);
    return done ? undefined : value;
  }

  /** The next event but bookmarks, which has to be there. */
  async event(what: string): Promise<WatchEvent> {
    for (;;) {
      const event = await this.next(what);
      claim(event, `watch: ended instead of ${what}`);
      if (event.type !== 'BOOKMARK') return event;
    }
  }

  async stop(): Promise<void> {
    await this.#events.return?.();
  }
}

async function* lines({ body }: HttpResponse): AsyncGenerator<WatchEvent, undefined> {
  const chunks = body instanceof Uint8Array ? [body] : body;
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decode(chunk)).split('\n');
    rest = parts.pop()!;
    for (const line of parts) if (line !== '') yield JSON.parse(line) as WatchEvent;
  }
  return undefined;
}

/** A pod of busybox that serves `/index.html` on port 8080, Ready. */
export async function servingPod(session: Session, name: string): Promise<any> {
  const script = 'mkdir /www; echo served by $HOSTNAME > /www/index.html; exec httpd -f -p 8080 -h /www';
  await create(session, PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: 'busybox:1',
          command: ['sh', '-c', script],
          readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  });
  let seen: any;
  return eventually(
    async () => {
      const { body } = await api(session, 'GET', `${PODS}/${name}`);
      seen = body.status;
      const ready = seen?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');
      return ready ? body : undefined;
    },
    `pod ${name} is Ready`,
    () => seen,
  );
}

/** Channels of `v5.channel.k8s.io`. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** A program in a container, over the API's exec. */
export class Exec {
  static async start(
    session: Session,
    pod: string,
    command: string[],
    options: { stdin?: boolean; tty?: boolean } = {},
  ): Promise<Exec> {
    const query = new URLSearchParams({ stdout: 'true' });
    for (const part of command) query.append('command', part);
    if (options.stdin) query.set('stdin', 'true');
    if (options.tty) query.set('tty', 'true');
    else query.set('stderr', 'true');
    const path = `${PODS}/${pod}/exec?${query.toString()}`;
    const socket = await soon(session.kube.connect(path, { protocols: ['v5.channel.k8s.io'] }), path);
    return new Exec(socket);
  }

  readonly #socket: MessageSocket;
  output = '';
  status: any;
  closed = false;

  constructor(socket: MessageSocket) {
    this.#socket = socket;
    socket.onMessage((message) => {
      const text = decode(message.subarray(1));
      if (message[0] === CHANNEL.error) this.status = JSON.parse(text);
      else this.output += text;
    });
    socket.onClose(() => (this.closed = true));
  }

  async send(channel: number, text: string): Promise<void> {
    const bytes = encode(text);
    const message = new Uint8Array(1 + bytes.length);
    message[0] = channel;
    message.set(bytes, 1);
    await soon(this.#socket.send(message), 'exec: send');
  }

  async endStdin(): Promise<void> {
    await this.#socket.send(Uint8Array.of(CHANNEL.close, CHANNEL.stdin));
  }

  until(text: string): Promise<true> {
    return eventually(
      () => (this.output.includes(text) ? true : undefined),
      `exec prints ${JSON.stringify(text)}`,
      () => this.output.slice(-500),
    );
  }

  async ended(): Promise<any> {
    await eventually(() => (this.closed ? true : undefined), 'exec: the connection closes');
    return this.status;
  }

  close(): void {
    this.#socket.close();
  }
}
