/**
 * The API over HTTP: bytes to `ApiRequest`, answers to bytes, for one client whose identity is known. Every
 * failure is a Status. Behind a TLS socket this is what the real kubectl talks to.
 */
import { encode, EMPTY } from '../../../core/bytes.ts';
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
import { KUBERNETES_VERSION } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import type { ApiServer } from '../api-server.ts';
import type { Duplex } from '../node-connector.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { isLog, isProxy, isUpgrade, type Upgrade } from './connections.ts';
import { encodeBody, writtenList, writtenObject, type ManagedFieldsOf } from './encoding.ts';
import { healthText } from './health.ts';
import { forbidden, invalidObject } from '../../api/validation/field-errors.ts';
import { forbiddenPath } from '../authorization/authorizer.ts';
import { impersonated } from '../authentication/impersonation.ts';
import { negotiate, parseAccept, type Negotiated } from './media-types.ts';
import { openApiDocument, openApiIndex, type Describe } from './openapi.ts';
import { optionsOf, withDeleteOptions } from './query.ts';
import { mediaTypeOf, parseBody, parsePatch, PATCH_TYPES } from './request-body.ts';
import { isTrue, requestInfoOf, type RequestInfo } from './request-info.ts';
import { socketPair } from './streams/socket-pair.ts';
import { tableOf, viewOf, type ViewOptions } from './views.ts';
import { watchBody } from './watch-body.ts';
import { isCustomGroup } from '../registry/strategies.ts';

const VERSION = {
  major: '1',
  minor: KUBERNETES_VERSION.split('.')[1]!,
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: `v${KUBERNETES_VERSION}`,
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** Answers whose clients get them indented unless they say otherwise. */
const HUMAN_AGENTS = /^(curl|Wget|Mozilla\/5\.0)/;

export interface HttpOriginOptions {
  /** Prose for OpenAPI. */
  describe?: Describe;
}

/** The origin with what a server of real sockets needs besides. */
export interface ApiHttpOrigin extends HttpOrigin {
  /** Checks an upgrade and prepares it. Throws `StatusError`. */
  upgrade(path: string, protocols: readonly string[], headers: Record<string, string>): Upgrade;
  /** Connects to ports of the pod that `path` forwards to. Throws `StatusError` when that may not be. */
  portForwarder(path: string, headers: Record<string, string>): (port: number) => Promise<Duplex>;
}

type ConnectOptions = Parameters<HttpOrigin['connect']>[1];

/** One request on its way. */
interface Exchange {
  user: UserInfo;
  http: HttpRequest;
  info: RequestInfo;
  query: URLSearchParams;
  pretty: boolean;
  warnings: string[];
}

export function createHttpOrigin(
  server: ApiServer,
  user: UserInfo,
  options: HttpOriginOptions = {},
): ApiHttpOrigin {
  return new ApiOrigin(server, user, options);
}

class ApiOrigin implements ApiHttpOrigin {
  readonly #server: ApiServer;
  readonly #user: UserInfo;
  readonly #describe: Describe;

  constructor(server: ApiServer, user: UserInfo, { describe }: HttpOriginOptions) {
    this.#server = server;
    this.#user = user;
    this.#describe = describe ?? (() => undefined);
  }

  readonly fetch = async (http: HttpRequest): Promise<HttpResponse> => {
    const url = new URL(http.path, 'https://kubernetes');
    const query = url.searchParams;
    const asked = query.get('pretty');
    const pretty =
      asked === null ? HUMAN_AGENTS.test(http.headers['user-agent'] ?? '') : asked === '' || isTrue(asked);
    const info = requestInfoOf(http.method, url.pathname, query);
    const exchange: Exchange = { user: this.#user, http, info, query, pretty, warnings: [] };
    let response: HttpResponse;
    try {
      exchange.user = impersonated(this.#user, http.headers, this.#server.authorizer);
      response = info.isResource ? await this.#resource(exchange) : this.#other(exchange);
    } catch (error) {
      const failure = asStatusError(error);
      const headers: Record<string, string> = {};
      const { retryAfterSeconds } = failure.status.details ?? {};
      if (retryAfterSeconds) headers['retry-after'] = String(retryAfterSeconds);
      response = answer(
        failure.code,
        written(failure.status),
        { format: 'json', view: undefined },
        exchange,
        headers,
      );
    }
    response.headers['audit-id'] ??= this.#server.random.uuid();
    response.headers['cache-control'] ??= 'no-cache, private';
    if (exchange.warnings.length > 0)
      response.headers.warning = [...new Set(exchange.warnings)].map(warningHeader).join(', ');
    return response;
  };

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
    this.#server.admitConnection(connectionRequest(info, 'create', { path, headers }, user));
    return { info, query };
  }

  async #resource(exchange: Exchange): Promise<HttpResponse> {
    const { user, http, info, query } = exchange;
    const { connections, types } = this.#server;
    if (info.group && !apiGroup(types, info.group)) return notFound();
    if (isLog(info) || isProxy(info)) {
      const verb = info.verb as Verb;
      this.#server.admitConnection(connectionRequest(info, verb, http, user));
      return isLog(info) ? connections.logs(info, query, http.signal) : connections.proxy(info, http, query);
    }
    if (isUpgrade(info)) throw new StatusError('BadRequest', 'Upgrade request required');
    const negotiated = negotiate(http.headers.accept);
    const request = this.#apiRequest(exchange);
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

  #apiRequest({ user, http, info, query, warnings }: Exchange): ApiRequest {
    const { group, version, resource, namespace, name, subresource } = info;
    const verb = info.verb as Verb;
    const request: ApiRequest = {
      verb,
      group,
      version,
      resource,
      namespace,
      name,
      subresource,
      options: optionsOf(query, verb),
      user,
      userAgent: http.headers['user-agent'],
      requestURI: http.path,
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
      const { value, duplicates } = parsePatch(http.body, patchType);
      request.body = value;
      request.duplicates = duplicates;
    } else if (http.method === 'POST' || http.method === 'PUT') {
      const kind = types.resourceOf(group, version, resource)?.kind ?? resource;
      const { value, duplicates } = parseBody(http.body, contentType, kind, types);
      request.body = value;
      request.duplicates = duplicates;
    } else if (http.method === 'DELETE') {
      const { value } = parseBody(http.body, contentType, 'DeleteOptions', types);
      request.options = withDeleteOptions(request.options!, value);
    }
    return request;
  }

  #watch(request: ApiRequest, { view }: Negotiated, exchange: Exchange): HttpResponse {
    const options = this.#viewOptions(request, exchange);
    let headers = true;
    const write = ({ object, type }: WatchEvent): object => {
      if (view === 'Table') {
        const table = tableOf(type === 'BOOKMARK' ? listOf(object) : object, options(), headers);
        headers = false;
        return table;
      }
      if (view) return viewOf(object, 'PartialObjectMetadata', options());
      return type === 'BOOKMARK' ? object : writtenObject(object, this.#managedFieldsOf);
    };
    const body = watchBody(
      (onEvents, onEnd) => this.#server.watch(request, onEvents, onEnd),
      write,
      exchange.http.signal,
    );
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }

  readonly #managedFieldsOf: ManagedFieldsOf = (object) => this.#server.managedFields.of(object);

  #written(
    result: KubernetesObject | ObjectList,
    request: ApiRequest,
    { view }: Negotiated,
    exchange: Exchange,
  ): object {
    if (view && result.kind !== 'Status') return viewOf(result, view, this.#viewOptions(request, exchange)());
    if (!('items' in result) || !Array.isArray(result.items))
      return writtenObject(result as KubernetesObject, this.#managedFieldsOf);
    const custom = isCustomGroup(request.group);
    return writtenList(result as ObjectList, this.#managedFieldsOf, custom);
  }

  #viewOptions({ group, version, resource }: ApiRequest, { query }: Exchange): () => ViewOptions {
    const { types, clock } = this.#server;
    const includeObject = (query.get('includeObject') || 'Metadata') as ViewOptions['includeObject'];
    const info = types.resourceOf(group, version, resource)!;
    // Ages are those of the moment of writing.
    return () => ({
      resource: info,
      types,
      nowMs: clock.now(),
      managedFieldsOf: this.#managedFieldsOf,
      includeObject,
    });
  }

  /** Discovery, OpenAPI, health and version. */
  #other(exchange: Exchange): HttpResponse {
    const { http, info, query } = exchange;
    const path = info.path.replace(/^\/+|\/+$/g, '');
    const [first = '', ...rest] = path.split('/');
    const { types } = this.#server;
    const json = (value: object | undefined): HttpResponse =>
      value ? answer(200, value, { format: 'json', view: undefined }, exchange) : notFound();
    const verb = http.method.toLowerCase();
    if (!this.#server.authorizer.authorizePath(exchange.user, verb, info.path).allowed)
      throw forbiddenPath(exchange.user, verb, info.path);
    if (http.method !== 'GET' && http.method !== 'HEAD')
      throw new StatusError(
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    switch (first) {
      case 'api':
      case 'apis': {
        const aggregated = parseAccept(http.headers.accept).some(
          ({ parameters }) => parameters.as === 'APIGroupDiscoveryList' && parameters.v === 'v2',
        );
        if (rest.length === 0 && aggregated) return this.#aggregated(first === 'api', exchange);
        if (first === 'api')
          return json(
            rest.length === 0 ? apiVersions('10.96.0.1:443') : apiResourceList(types, '', rest[0]!),
          );
        if (rest.length === 0) return json(apiGroupList(types));
        if (rest.length === 1) return json(apiGroup(types, rest[0]!));
        const list = apiResourceList(types, rest[0]!, rest[1]!);
        if (!list && apiGroup(types, rest[0]!))
          throw new StatusError('NotFound', 'the server could not find the requested resource', {});
        return json(list);
      }
      case 'openapi':
        return this.#openApi(rest, exchange);
      case 'version':
        return answer(200, VERSION, { format: 'json', view: undefined }, { ...exchange, pretty: true });
      case 'healthz':
      case 'livez':
      case 'readyz': {
        const text = healthText(path, query.has('verbose'));
        return text === undefined ? notFound() : textResponse(200, text);
      }
      case '':
        return json({
          paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'],
        });
      default:
        return notFound();
    }
  }

  #aggregated(core: boolean, exchange: Exchange): HttpResponse {
    const etag = `"${this.#hash(core ? 'api' : 'apis')}"`;
    if (exchange.http.headers['if-none-match'] === etag)
      return { status: 304, headers: { etag, 'cache-control': 'public' }, body: EMPTY };
    const document = aggregatedDiscovery(this.#server.types, core);
    const response = answer(200, document, { format: 'json', view: undefined }, exchange);
    response.headers['content-type'] = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    response.headers.etag = etag;
    response.headers['cache-control'] = 'public';
    response.headers.vary = 'Accept';
    return response;
  }

  #openApi([version, ...rest]: string[], exchange: Exchange): HttpResponse {
    if (version !== 'v3') return notFound();
    const { types } = this.#server;
    if (rest.length === 0)
      return answer(
        200,
        openApiIndex(types, (path) => this.#hash(path)),
        { format: 'json', view: undefined },
        exchange,
      );
    const document = openApiDocument(types, rest.join('/'), `v${KUBERNETES_VERSION}`, this.#describe);
    if (!document) return notFound();
    const response = answer(200, document, { format: 'json', view: undefined }, exchange);
    // The address holds the document's hash: what it names does not change.
    if (exchange.query.has('hash')) response.headers['cache-control'] = 'public, immutable';
    return response;
  }

  /** Names a state of what discovery and OpenAPI say. */
  #hash(path: string): string {
    return `${path.replace(/[^a-z0-9]/gi, '').toUpperCase()}${KUBERNETES_VERSION.replaceAll('.', '')}G${this.#server.types.generation}`;
  }
}

/** A bookmark as a list of nothing, for its Table. */
const listOf = ({ apiVersion, kind, metadata }: KubernetesObject): ObjectList => ({
  apiVersion: apiVersion!,
  kind: kind!,
  metadata,
  items: [],
});

/** A request that goes on to a node, for authorization and audit. */
function connectionRequest(
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

const notFound = (): HttpResponse => textResponse(404, '404 page not found\n');

function written({ kind, apiVersion, ...rest }: StatusError['status']): object {
  return { kind, apiVersion, ...rest };
}

function answer(
  status: number,
  value: object,
  { format }: Negotiated,
  { pretty }: Exchange,
  headers: Record<string, string> = {},
): HttpResponse {
  const { contentType, bytes } = encodeBody(value, format, pretty);
  return { status, headers: { 'content-type': contentType, ...headers }, body: bytes };
}

/** RFC 7234: `299 - "text"`. */
function warningHeader(text: string): string {
  return `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}
