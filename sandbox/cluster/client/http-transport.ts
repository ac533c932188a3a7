/**
 * The API over HTTP as an `ApiTransport`: the page's informers and the check engine run against the API
 * of any session, embedded or real, by the same client as the controllers of the embedded cluster.
 */
import { decode, encode, Utf8Decoder } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import { readBody, type HttpOrigin, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import type { KubernetesObject, ObjectList } from '../api/object.ts';
import type { ApiRequest, ApiTransport, RequestOptions, Verb, WatchEvent } from '../api/request.ts';
import { StatusError, type Status } from '../api/status.ts';

const METHODS: Record<Verb, string> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** Options that travel in the body of a delete (DeleteOptions); all others are query parameters. */
const DELETE_OPTIONS = ['gracePeriodSeconds', 'propagationPolicy', 'preconditions'] as const;

export class HttpTransport implements ApiTransport {
  readonly #origin: HttpOrigin;
  readonly #headers: Record<string, string>;

  /**
   * @param headers sent with every request, e.g. `authorization`. The user of a request is not sent: over
   * HTTP the server decides who asks.
   */
  constructor(origin: HttpOrigin, headers: Record<string, string> = {}) {
    this.#origin = origin;
    this.#headers = headers;
  }

  async request(request: ApiRequest): Promise<KubernetesObject | ObjectList> {
    const response = await this.#origin.fetch(this.#http(request));
    const text = decode(await readBody(response));
    for (const warning of warningsOf(response)) request.onWarning?.(warning);
    if (response.status >= 400) throw failure(response.status, text);
    const answer = JSON.parse(text) as KubernetesObject | ObjectList;
    if (request.verb === 'list') restoreTypes(answer as ObjectList);
    return answer;
  }

  watch(
    request: ApiRequest,
    onEvents: (events: WatchEvent[]) => void,
    onEnd: (error?: Error) => void,
  ): Disposable {
    const abort = new AbortController();
    void this.#follow(request, abort.signal, onEvents).then(
      (error) => abort.signal.aborted || onEnd(error),
      (error: Error) => abort.signal.aborted || onEnd(error),
    );
    return { dispose: () => abort.abort() };
  }

  /** Reads a watch to its end; returns the error that the server ended it with, if any. */
  async #follow(
    request: ApiRequest,
    signal: AbortSignal,
    onEvents: (events: WatchEvent[]) => void,
  ): Promise<Error | undefined> {
    const response = await this.#origin.fetch({ ...this.#http(request), signal });
    for (const warning of warningsOf(response)) request.onWarning?.(warning);
    if (response.status >= 400) throw failure(response.status, decode(await readBody(response)));
    const body = response.body instanceof Uint8Array ? [response.body] : response.body;
    const decoder = new Utf8Decoder();
    let rest = '';
    for await (const chunk of body) {
      if (signal.aborted) return undefined;
      const lines = (rest + decoder.push(chunk)).split('\n');
      rest = lines.pop()!;
      const events = lines.filter(Boolean).map((line) => JSON.parse(line) as WatchEvent);
      const last = events.at(-1);
      const error = last?.type === 'ERROR' ? last : undefined;
      if (error) events.pop();
      if (events.length > 0) onEvents(events);
      if (error) return StatusError.from(error.object as unknown as Status);
    }
    return undefined;
  }

  #http(request: ApiRequest): HttpRequest {
    const headers: Record<string, string> = { accept: 'application/json', ...this.#headers };
    if (request.userAgent) headers['user-agent'] = request.userAgent;
    const body = bodyOf(request);
    if (body !== undefined) headers['content-type'] = request.patchType ?? 'application/json';
    return {
      method: METHODS[request.verb],
      path: pathOf(request),
      headers,
      ...(body === undefined ? {} : { body: encode(JSON.stringify(body)) }),
    };
  }
}

/** Path and query of a request, e.g. `/apis/apps/v1/namespaces/default/deployments/web/scale`. */
export function pathOf(request: ApiRequest): string {
  const { group, version, namespace, resource, name, subresource, verb, options = {} } = request;
  const segments = group ? ['/apis', group, version] : ['/api', version];
  if (namespace) segments.push('namespaces', encodeURIComponent(namespace));
  segments.push(resource);
  if (name) segments.push(encodeURIComponent(name));
  if (subresource) segments.push(subresource);

  const query: string[] = verb === 'watch' ? ['watch=true'] : [];
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === '' || (DELETE_OPTIONS as readonly string[]).includes(key)) continue;
    if (key === 'dryRun') {
      if (value) query.push('dryRun=All');
    } else query.push(`${key}=${encodeURIComponent(String(value))}`);
  }
  return segments.join('/') + (query.length > 0 ? `?${query.join('&')}` : '');
}

function bodyOf(request: ApiRequest): unknown {
  if (request.verb !== 'delete' && request.verb !== 'deletecollection') return request.body;
  const options: RequestOptions = request.options ?? {};
  const given = DELETE_OPTIONS.filter((key) => options[key] !== undefined);
  if (given.length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...Object.fromEntries(given.map((key) => [key, options[key]])),
  };
}

/** Items of a list leave out what its header says for all: a `PodList` of `v1` holds `v1` Pods. */
function restoreTypes(list: ObjectList): void {
  const kind = list.kind?.replace(/List$/, '');
  if (!kind || !list.items) return;
  list.items = list.items.map((item) => ({ apiVersion: list.apiVersion, kind, ...item }));
}

function failure(code: number, text: string): StatusError {
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return StatusError.from(status as Status);
  } catch {
    // Not from the API server, but from something in between.
  }
  const why = text.trim().slice(0, 200) || 'no details';
  return new StatusError(undefined, `the server answered ${code}: ${why}`, undefined, code);
}

/** Texts of a `Warning` header (RFC 7234): `299 - "text", 299 - "text"`. */
function warningsOf(response: HttpResponse): string[] {
  const header = response.headers.warning;
  if (!header) return [];
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    text!.replace(/\\(.)/g, '$1'),
  );
}
