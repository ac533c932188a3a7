/** What is served beside resources: discovery, OpenAPI, version, health, metrics, and the list of all that. */
import { EMPTY } from '../../../core/bytes.ts';
import { textResponse, type HttpResponse } from '../../../core/http.ts';
import { KUBERNETES_VERSION } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import type { ApiServer } from '../api-server.ts';
import { forbiddenPath } from '../authorization/authorizer.ts';
import { loadProse } from '../prose/prose.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { answer, pathNotFound, type Exchange } from './exchange.ts';
import { health, HEALTH_ENDPOINTS, healthChecksOf } from './health.ts';
import { JSON_ANSWER, JSON_ONLY, negotiate, OBJECTS, parseAccept } from './media-types.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';

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

const NO_SNIFF = { 'x-content-type-options': 'nosniff' };
/** Paths whose handlers look at no method. */
const ANY_METHOD = new Set(['', 'index.html', 'apis', 'metrics', 'metrics/slis', ...HEALTH_ENDPOINTS]);

export class Paths {
  readonly #server: ApiServer;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Throws `StatusError`. */
  async answer(exchange: Exchange): Promise<HttpResponse> {
    const { http, info, query } = exchange;
    const { types, store, metrics } = this.#server;
    const path = info.path.replace(/^\/+|\/+$/g, '');
    const [first = '', ...rest] = path.split('/');
    const verb = http.method.toLowerCase();
    if (!this.#server.authorizer.authorizePath(exchange.user, verb, info.path).allowed)
      throw forbiddenPath(exchange.user, verb, info.path);
    const anyMethod = ANY_METHOD.has(path) || HEALTH_ENDPOINTS.includes(first);
    if (!anyMethod && http.method !== 'GET' && http.method !== 'HEAD')
      throw new StatusError(
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    switch (first) {
      case 'api':
      case 'apis':
        return this.#discovery(first === 'api', rest, exchange);
      case 'openapi':
        return this.#openApi(rest, exchange);
      case 'version':
        return answer(200, VERSION, { ...negotiate(http.headers.accept, JSON_ONLY), raw: true }, exchange);
      case 'healthz':
      case 'livez':
      case 'readyz': {
        const found = health(path, query, store);
        // A single check answers without the header that the whole has.
        const headers = rest.length > 0 ? {} : NO_SNIFF;
        return found ? textResponse(found.status, found.text, headers) : pathNotFound();
      }
      case 'metrics': {
        if (path !== 'metrics' && path !== 'metrics/slis') return pathNotFound();
        const { metricsText, METRICS_TYPE, slisText } = await import('./metrics-text.ts');
        const text =
          path === 'metrics'
            ? metricsText({ metrics, store, resources: types.resources() })
            : slisText(store);
        return textResponse(200, text, { 'content-type': METRICS_TYPE });
      }
      case '':
      case 'index.html':
        return answer(200, { paths: this.#all() }, { ...JSON_ANSWER, raw: true }, exchange);
      default:
        return pathNotFound();
    }
  }

  async #discovery(core: boolean, rest: string[], exchange: Exchange): Promise<HttpResponse> {
    const { accept } = exchange.http.headers;
    const { types } = this.#server;
    const aggregated = parseAccept(accept).some(
      ({ parameters }) => parameters.as === 'APIGroupDiscoveryList' && parameters.v === 'v2',
    );
    if (rest.length === 0 && aggregated) return this.#aggregated(core, exchange);
    const json = async (value: object | undefined) =>
      value ? answer(200, value, negotiate(accept, OBJECTS), exchange) : undefined;
    const nothing = () => {
      throw new StatusError('NotFound', 'the server could not find the requested resource', {});
    };
    if (core)
      return rest.length === 0
        ? (await json(apiVersions('10.96.0.1:443')))!
        : ((await json(apiResourceList(types, '', rest[0]!))) ?? nothing());
    if (rest.length === 0) return (await json(apiGroupList(types)))!;
    const group = apiGroup(types, rest[0]!);
    if (!group) return pathNotFound();
    if (rest.length === 1) return (await json(group))!;
    return (await json(apiResourceList(types, rest[0]!, rest[1]!))) ?? nothing();
  }

  async #aggregated(core: boolean, exchange: Exchange): Promise<HttpResponse> {
    const etag = `"${this.#hash(core ? 'api' : 'apis')}"`;
    if (exchange.http.headers['if-none-match'] === etag)
      return { status: 304, headers: { etag, 'cache-control': 'public' }, body: EMPTY };
    const document = aggregatedDiscovery(this.#server.types, core);
    const response = await answer(200, document, JSON_ANSWER, exchange);
    response.headers['content-type'] = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    response.headers.etag = etag;
    response.headers['cache-control'] = 'public';
    response.headers.vary = 'Accept';
    return response;
  }

  async #openApi([version, ...rest]: string[], exchange: Exchange): Promise<HttpResponse> {
    const { types } = this.#server;
    if (version === 'v2' && rest.length === 0) return this.#openApiV2(exchange);
    if (version !== 'v3') return pathNotFound();
    if (rest.length === 0)
      return answer(
        200,
        openApiIndex(types, (path) => this.#hash(path)),
        JSON_ANSWER,
        exchange,
      );
    const describe = await loadProse(types);
    const document = openApiDocument(types, rest.join('/'), `v${KUBERNETES_VERSION}`, describe);
    if (!document) return pathNotFound();
    const response = await answer(200, document, JSON_ANSWER, exchange);
    // The address holds the document's hash: what it names does not change.
    if (exchange.query.has('hash')) response.headers['cache-control'] = 'public, immutable';
    return response;
  }

  /** Version 2 is made anew when something changed. */
  async #openApiV2(exchange: Exchange): Promise<HttpResponse> {
    const { types } = this.#server;
    const { openApiV2, openApiV2Protobuf, OPENAPI_V2_PROTOBUF } = await import('./openapi-v2.ts');
    const etag = `"${this.#hash('openapi/v2')}"`;
    if (exchange.http.headers['if-none-match'] === etag)
      return { status: 304, headers: { etag }, body: EMPTY };
    const document = openApiV2(types, await loadProse(types));
    const accept = exchange.http.headers.accept ?? '';
    const response: HttpResponse = accept.includes('proto-openapi.spec.v2')
      ? { status: 200, headers: { 'content-type': OPENAPI_V2_PROTOBUF }, body: openApiV2Protobuf(document) }
      : await answer(200, document, JSON_ANSWER, exchange);
    return { ...response, headers: { ...response.headers, etag, vary: 'Accept' } };
  }

  /** Names a state of what discovery and OpenAPI say. */
  #hash(path: string): string {
    return `${path.replace(/[^a-z0-9]/gi, '').toUpperCase()}${KUBERNETES_VERSION.replaceAll('.', '')}G${this.#server.types.generation}`;
  }

  /** Every path that is served. */
  #all(): string[] {
    const groups = new Set<string>();
    for (const { group, version } of this.#server.types.resources())
      if (group) groups.add(`/apis/${group}`).add(`/apis/${group}/${version}`);
    const checks = HEALTH_ENDPOINTS.flatMap((endpoint) => [
      `/${endpoint}`,
      ...healthChecksOf(endpoint).map(({ name }) => `/${endpoint}/${name}`),
    ]);
    const others = ['/api', '/api/v1', '/apis', '/apis/', '/metrics', '/metrics/slis'];
    return [...others, ...groups, ...checks, '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/version'].sort();
  }
}
