/**
 * The API over HTTP: bytes to `ApiRequest`, answers to bytes, for one client whose identity is known. Every
 * failure is a Status. Behind a TLS socket this is what the real kubectl talks to.
 */
import { concat, encode, EMPTY } from '../../../core/bytes.ts';
import {
  HttpUpgradeError,
  textResponse,
  type HttpOrigin,
  type HttpRequest,
  type HttpResponse,
  type MessageSocket,
} from '../../../core/http.ts';
import type { KubernetesObject, ObjectList } from '../../api/object.ts';
import type { ApiRequest, PatchType, UserInfo, Verb, WatchEvent } from '../../api/request.ts';
import type { ResourceInfo } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { forbidden, invalidObject } from '../../api/validation/field-errors.ts';
import type { ApiServer } from '../api-server.ts';
import { impersonated } from '../authentication/impersonation.ts';
import type { Duplex } from '../node-connector.ts';
import { isCustomGroup } from '../registry/strategies.ts';
import { isLog, isProxy, isUpgrade, type Upgrade } from './connections.ts';
import { apiGroup } from './discovery.ts';
import { encodeJson, writtenList, writtenObject, type ManagedFieldsOf } from './encoding.ts';
import { answer, pathNotFound, type Exchange } from './exchange.ts';
import {
  COLLECTIONS,
  CONTENT_TYPES,
  CUSTOM_OBJECTS,
  formatOfErrors,
  negotiate,
  OBJECTS,
  streamOf,
  WATCHES,
  type Format,
  type Negotiated,
  type Offer,
  type View,
} from './media-types.ts';
import { Paths } from './paths.ts';
import { optionsOf, withDeleteOptions } from './query.ts';
import { mediaTypeOf, parseBody, parsePatch, PATCH_TYPES } from './request-body.ts';
import { isTrue, requestInfoOf, type RequestInfo } from './request-info.ts';
import { socketPair } from './streams/socket-pair.ts';
import { bookmarkTable, includedObject, tableOf, viewOf, type ViewOptions } from './views.ts';
import { watchBody } from './watch-body.ts';

/** Answers whose clients get them indented unless they say otherwise. */
const HUMAN_AGENTS = /^(curl|Wget|Mozilla\/5\.0)/;

/** The origin with what a server of real sockets needs besides. */
export interface ApiHttpOrigin extends HttpOrigin {
  /** Checks an upgrade and prepares it. Throws `StatusError`. */
  upgrade(path: string, protocols: readonly string[], headers: Record<string, string>): Upgrade;
  /** Connects to ports of the pod that `path` forwards to. Throws `StatusError` when that may not be. */
  portForwarder(path: string, headers: Record<string, string>): (port: number) => Promise<Duplex>;
}

type ConnectOptions = Parameters<HttpOrigin['connect']>[1];

export function createHttpOrigin(server: ApiServer, user: UserInfo): ApiHttpOrigin {
  return new ApiOrigin(server, user);
}

class ApiOrigin implements ApiHttpOrigin {
  readonly #server: ApiServer;
  readonly #user: UserInfo;
  readonly #paths: Paths;

  constructor(server: ApiServer, user: UserInfo) {
    this.#server = server;
    this.#user = user;
    this.#paths = new Paths(server);
  }

  readonly fetch = async (http: HttpRequest): Promise<HttpResponse> => {
    // By hand: a URL object would resolve `..`, which a server takes as it comes.
    const at = http.path.indexOf('?');
    const path = at < 0 ? http.path : http.path.slice(0, at);
    const query = new URLSearchParams(at < 0 ? '' : http.path.slice(at));
    if (!isDecodable(path)) return textResponse(400, '400 Bad Request');
    const asked = query.get('pretty');
    const pretty =
      asked === null ? HUMAN_AGENTS.test(http.headers['user-agent'] ?? '') : asked === '' || isTrue(asked);
    const info = requestInfoOf(http.method, path, query);
    const { types, metrics } = this.#server;
    const exchange: Exchange = { user: this.#user, http, info, query, pretty, warnings: [], types };
    const applies = mediaTypeOf(http.headers['content-type']) === 'application/apply-patch+yaml';
    const measured = metrics.begin(info, query.has('dryRun'), applies);
    let response: HttpResponse;
    try {
      exchange.user = impersonated(this.#user, http.headers, this.#server.authorizer);
      response = info.isResource ? await this.#resource(exchange) : await this.#paths.answer(exchange);
    } catch (error) {
      response = await this.#failure(asStatusError(error), exchange);
    }
    measured.done(response.status);
    response.headers['audit-id'] ??= this.#server.random.uuid();
    response.headers['cache-control'] ??= 'no-cache, private';
    if (exchange.warnings.length > 0)
      response.headers.warning = [...new Set(exchange.warnings)].map(warningHeader).join(', ');
    return response;
  };

  #failure({ code, status }: StatusError, exchange: Exchange): Promise<HttpResponse> {
    const { retryAfterSeconds } = status.details ?? {};
    const headers: Record<string, string> = retryAfterSeconds
      ? { 'retry-after': String(retryAfterSeconds) }
      : {};
    return answer(code, written(status), formatOfErrors(exchange.http.headers.accept), exchange, headers);
  }

  async connect(path: string, { protocols, headers = {}, signal }: ConnectOptions): Promise<MessageSocket> {
    let upgrade: Upgrade;
    try {
      upgrade = this.upgrade(path, protocols, headers);
    } catch (error) {
      const { status } = asStatusError(error);
      throw new HttpUpgradeError({ status: status.code, body: encode(JSON.stringify(written(status))) });
    }
    const [client, own] = socketPair(upgrade.protocol);
    signal?.addEventListener('abort', () => client.close(), { once: true });
    void upgrade.serve(own);
    return client;
  }

  upgrade(path: string, protocols: readonly string[], headers: Record<string, string>): Upgrade {
    const { info, query } = this.#upgradeOf(path, headers);
    return this.#server.connections.upgrade(info, query, protocols);
  }

  portForwarder(path: string, headers: Record<string, string>): (port: number) => Promise<Duplex> {
    const { info } = this.#upgradeOf(path, headers);
    return this.#server.connections.portForwarder(info);
  }

  /** What an upgrade is about, if the user may do it. Audited like any other request. */
  #upgradeOf(path: string, headers: Record<string, string>): { info: RequestInfo; query: URLSearchParams } {
    const url = new URL(path, 'https://kubernetes');
    const query = url.searchParams;
    const info = requestInfoOf('GET', url.pathname, query);
    if (!isUpgrade(info))
      throw new StatusError('BadRequest', `${url.pathname} cannot be upgraded to a WebSocket`);
    const user = impersonated(this.#user, headers, this.#server.authorizer);
    // A socket opens with GET whatever it does; what it does is create a process or a connection.
    this.#server.admitConnection(bodilessRequest(info, 'create', { path, headers }, user));
    return { info, query };
  }

  async #resource(exchange: Exchange): Promise<HttpResponse> {
    const { user, http, info, query } = exchange;
    const { connections, types } = this.#server;
    const asked = bodilessRequest(info, info.verb as Verb, http, user);
    const notFound = () => {
      this.#server.refuse(asked, 404);
      return pathNotFound();
    };
    if (info.group && !apiGroup(types, info.group)) return notFound();
    if (isLog(info) || isProxy(info)) {
      this.#server.admitConnection(asked);
      return isLog(info) ? connections.logs(info, query, http.signal) : connections.proxy(info, http, query);
    }
    const resource = types.resourceOf(info.group, info.version, info.resource);
    const custom = isCustomGroup(info.group);
    // Nothing there is said by the handler of all that is not custom: in text.
    if (custom && (!resource || (info.namespace !== undefined && !resource.namespaced))) return notFound();
    let negotiated: Negotiated;
    let request: ApiRequest;
    try {
      if (isUpgrade(info)) throw new StatusError('BadRequest', 'Upgrade request required');
      if (resource) checkRoute(info, resource);
      negotiated = negotiate(http.headers.accept, offerOf(info, custom));
      request = await this.#apiRequest(asked, exchange);
    } catch (error) {
      const failure = asStatusError(error);
      this.#server.refuse(asked, failure.code, failure);
      throw failure;
    }
    if (request.verb === 'watch') return this.#watch(request, negotiated, exchange);
    let code = request.verb === 'create' ? 201 : 200;
    request.onCreated = () => (code = 201);
    const result = await this.#server.request(request);
    return answer(
      (result as { code?: number }).code ?? code,
      this.#written(result, request, negotiated, exchange),
      negotiated,
      exchange,
    );
  }

  /** `asked` with its options and its body. */
  async #apiRequest(asked: ApiRequest, { http, query, warnings }: Exchange): Promise<ApiRequest> {
    const { verb, group, version, resource } = asked;
    const request: ApiRequest = {
      ...asked,
      options: optionsOf(query, verb),
      onWarning: (text) => warnings.push(text),
    };
    const { types } = this.#server;
    const contentType = http.headers['content-type'];
    if (verb === 'patch') {
      const patchType = mediaTypeOf(contentType) as PatchType;
      if (!PATCH_TYPES.includes(patchType))
        throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {});
      request.patchType = patchType;
      if (request.options?.force !== undefined && patchType !== 'application/apply-patch+yaml')
        throw invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
          forbidden('force', 'may not be specified for non-apply patch'),
        ]);
      const { value, duplicates } = await parsePatch(http.body, patchType);
      request.body = value;
      request.duplicates = duplicates;
    } else if (http.method === 'POST' || http.method === 'PUT') {
      const kind = types.resourceOf(group, version, resource)?.kind ?? resource;
      const { value, duplicates } = await parseBody(http.body, contentType, kind, types);
      request.body = value;
      request.duplicates = duplicates;
    } else if (http.method === 'DELETE') {
      const { value } = await parseBody(http.body, contentType, 'DeleteOptions', types);
      request.options = withDeleteOptions(request.options!, value);
    }
    return request;
  }

  async #watch(request: ApiRequest, negotiated: Negotiated, exchange: Exchange): Promise<HttpResponse> {
    const { format, view } = negotiated;
    const options = this.#viewOptions(request, negotiated, exchange);
    let headers = true;
    const objectOf = ({ object, type }: WatchEvent): object => {
      if (type === 'ERROR') return written(object as unknown as StatusError['status']);
      if (view === 'Table') {
        if (type === 'BOOKMARK') return bookmarkTable(object, options());
        const table = tableOf(object, options(), headers);
        headers = false;
        return table;
      }
      if (view) return viewOf(object, 'PartialObjectMetadata', options());
      return type === 'BOOKMARK' ? object : writtenObject(object, this.#managedFieldsOf);
    };
    const encodeEvents = await this.#eventEncoder(format, view, objectOf);
    const counted = this.#server.metrics.watching(exchange.info);
    const body = watchBody(
      (onEvents, onEnd) => this.#server.watch(request, onEvents, onEnd),
      (events) => {
        counted.sent(events.length);
        return encodeEvents(events);
      },
      exchange.http.signal,
      () => counted.ended(),
    );
    return { status: 200, headers: { 'content-type': contentTypeOfWatch(format) }, body };
  }

  async #eventEncoder(
    format: Format,
    view: View | undefined,
    objectOf: (event: WatchEvent) => object,
  ): Promise<(events: readonly WatchEvent[]) => Uint8Array> {
    if (format === 'protobuf') {
      const { encodeProtobuf, watchFrame } = await import('../../api/protobuf-writer.ts');
      return (events) =>
        concat(
          events.map((event) => {
            const object = objectOf(event) as KubernetesObject;
            return watchFrame(event.type, encodeProtobuf(object, this.#server.types) ?? EMPTY);
          }),
        );
    }
    const lineOf = (event: WatchEvent) =>
      `{"type":"${event.type}","object":${encodeJson(objectOf(event))}}\n`;
    // What everybody who watches the same thing is told is written once.
    if (view) return (events) => encode(events.map(lineOf).join(''));
    return (events) => encode(events.map((event) => this.#server.watchLines.of(event, lineOf)).join(''));
  }

  readonly #managedFieldsOf: ManagedFieldsOf = (object) => this.#server.managedFields.of(object);

  #written(
    result: KubernetesObject | ObjectList,
    request: ApiRequest,
    negotiated: Negotiated,
    exchange: Exchange,
  ): object {
    const { view } = negotiated;
    if (view && result.kind !== 'Status')
      return viewOf(result, view, this.#viewOptions(request, negotiated, exchange)());
    if (!('items' in result) || !Array.isArray(result.items))
      return writtenObject(result as KubernetesObject, this.#managedFieldsOf);
    const custom = isCustomGroup(request.group);
    return writtenList(result as ObjectList, this.#managedFieldsOf, custom);
  }

  #viewOptions(
    { group, version, resource }: ApiRequest,
    { viewVersion, view }: Negotiated,
    { query }: Exchange,
  ): () => ViewOptions {
    const { types, clock } = this.#server;
    const includeObject = view === 'Table' ? includedObject(query.get('includeObject')) : 'Metadata';
    const info = types.resourceOf(group, version, resource)!;
    // Ages are those of the moment of writing.
    return () => ({
      resource: info,
      types,
      nowMs: clock.now(),
      managedFieldsOf: this.#managedFieldsOf,
      includeObject,
      version: viewVersion,
    });
  }
}

/** What an endpoint can answer with. */
function offerOf({ verb }: RequestInfo, custom: boolean): Offer {
  if (custom) return verb === 'watch' ? { ...CUSTOM_OBJECTS, streams: true } : CUSTOM_OBJECTS;
  if (verb === 'watch') return WATCHES;
  return verb === 'list' ? COLLECTIONS : OBJECTS;
}

/** A stream has a parameter of its own where it is not what JSON clients take it for anyway. */
const contentTypeOfWatch = (format: Format) => (format === 'json' ? CONTENT_TYPES.json : streamOf(format));

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Objects of a namespace are listed and watched without it, and nothing else. */
function checkRoute({ namespace, name, verb, group }: RequestInfo, resource: ResourceInfo): void {
  if (!resource.namespaced || namespace !== undefined || verb === 'list' || verb === 'watch') return;
  if (name !== undefined || isCustomGroup(group) || !resource.verbs.includes('list'))
    throw new StatusError('NotFound', 'the server could not find the requested resource', {});
  throw new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

/** A request as far as its line and headers tell, for authorization and audit. */
function bodilessRequest(
  info: RequestInfo,
  verb: Verb,
  { path, headers }: Pick<HttpRequest, 'path' | 'headers'>,
  user: UserInfo,
): ApiRequest {
  const { group, version, resource, namespace, name, subresource } = info;
  const userAgent = headers['user-agent'];
  return { verb, group, version, resource, namespace, name, subresource, user, requestURI: path, userAgent };
}

function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const { message } = error as Error;
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

function written({ kind, apiVersion, ...rest }: StatusError['status']): object {
  return { kind, apiVersion, ...rest };
}

/** RFC 7234: `299 - "text"`. */
function warningHeader(text: string): string {
  return `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}
