/** From a request to a response by a configuration: locations, files, redirects, proxies, error pages. */
import { encode, EMPTY } from '../../../core/bytes.ts';
import { sleep, type Clock } from '../../../core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';
import { reasonPhrase } from '../../../core/http-status.ts';
import { Errno } from '../../../os/errno.ts';
import type { FileStat, FileSystem } from '../../../os/file-system.ts';
import { NameNotFound, type NetworkNamespace, type Peer } from '../../../os/network.ts';
import { duration, hostPort, type Config, type Location, type Server } from './config.ts';

export interface ResponderInit {
  config: Config;
  files: FileSystem;
  network: NetworkNamespace;
  clock: Clock;
  version: string;
  hostname: string;
  /** A line of the error log without its time: `[error] 29#29: …`. */
  onError(message: string): void;
}

/** What is known of a request while it is answered. */
interface Exchange {
  server: Server;
  request: HttpRequest;
  peer: Peer;
  port: number;
  /** Normal, decoded, without the query. Internal redirects change it. */
  uri: string;
  query: string;
  captures: string[];
  redirects: number;
}

const MAX_REDIRECTS = 10;

/** Where nginx has words of its own. */
const OWN_PHRASES: Readonly<Record<number, string>> = {
  401: 'Authorization Required',
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  416: 'Requested Range Not Satisfiable',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

const phraseOf = (status: number): string => OWN_PHRASES[status] ?? reasonPhrase(status);

export class Responder {
  readonly #init: ResponderInit;
  /** Requests an upstream has had, for its turn. */
  readonly #turns = new Map<string, number>();

  constructor(init: ResponderInit) {
    this.#init = init;
  }

  /** Answers a request to `port`; says which location did, for the log. */
  async respond(
    request: HttpRequest,
    peer: Peer,
    port: number,
  ): Promise<{ response: HttpResponse; location: Location; line: (format: string) => string }> {
    const question = request.path.indexOf('?');
    const path = question < 0 ? request.path : request.path.slice(0, question);
    const exchange: Exchange = {
      server: this.#server(request, port),
      request,
      peer,
      port,
      uri: normal(path),
      query: question < 0 ? '' : request.path.slice(question + 1),
      captures: [],
      redirects: 0,
    };
    const startedMs = this.#init.clock.now();
    const answered = await this.#answer(exchange);
    const response = this.#finish(answered.response, answered.location, exchange);
    const bytes = response.body instanceof Uint8Array ? response.body.length : 0;
    const extra: Record<string, string> = {
      status: String(response.status),
      body_bytes_sent: String(bytes),
      bytes_sent: String(bytes),
      request_time: ((this.#init.clock.now() - startedMs) / 1000).toFixed(3),
    };
    return {
      response,
      location: answered.location,
      line: (format) => this.#expand(format, exchange, extra, '-'),
    };
  }

  async #answer(exchange: Exchange): Promise<{ response: HttpResponse; location: Location }> {
    let location = exchange.server.own;
    let response = this.#own(exchange, location);
    if (!response) {
      location = this.#location(exchange) ?? location;
      response = await this.#in(exchange, location);
    }
    const { status } = response;
    const page = location.settings.errorPages.findLast(({ codes }) => codes.includes(status));
    if (!page || status < 300 || exchange.redirects >= MAX_REDIRECTS) return { response, location };
    // An error page is fetched like anything else, under the original status unless told otherwise.
    if (/^https?:/.test(page.uri)) return { response: this.#redirect(302, page.uri), location };
    const inner = {
      ...exchange,
      uri: page.uri,
      redirects: exchange.redirects + 1,
      request: asGet(exchange.request),
    };
    const paged = page.uri.startsWith('@') ? await this.#named(inner, page.uri) : await this.#answer(inner);
    if (page.answer) paged.response = { ...paged.response, status: page.answer };
    else if (page.answer === undefined && paged.response.status < 300)
      paged.response = { ...paged.response, status };
    return paged;
  }

  /** What the server itself says before any location: `return`, `rewrite`. */
  #own(exchange: Exchange, own: Location): HttpResponse | undefined {
    if (exchange.redirects > 0) return undefined;
    this.#rewrite(exchange, own);
    return own.returns ? this.#return(exchange, own.returns) : undefined;
  }

  async #in(exchange: Exchange, location: Location): Promise<HttpResponse> {
    const { request } = exchange;
    if (!this.#allowed(exchange.peer.address, location)) {
      this.#error(exchange, 'access forbidden by rule');
      return this.#page(403);
    }
    if ((request.body?.length ?? 0) > location.settings.maxBodyBytes) return this.#page(413);
    const before = exchange.uri;
    const redirect = this.#rewrite(exchange, location);
    if (redirect) return redirect;
    if (exchange.uri !== before && exchange.redirects++ < MAX_REDIRECTS) {
      const next = this.#location(exchange);
      if (next && next !== location) return this.#in(exchange, next);
    }
    if (location.returns) return this.#return(exchange, location.returns);
    if (location.tryFiles) return this.#tryFiles(exchange, location, location.tryFiles);
    if (location.proxyPass) return this.#proxy(exchange, location, location.proxyPass);
    return this.#static(exchange, location);
  }

  async #named(exchange: Exchange, name: string): Promise<{ response: HttpResponse; location: Location }> {
    const location = exchange.server.locations.find(({ pattern }) => pattern === name);
    if (!location) {
      this.#error(exchange, `could not find named location "${name}"`);
      return { response: this.#page(500), location: exchange.server.own };
    }
    return { response: await this.#in(exchange, location), location };
  }

  // ---- which server, which location

  #server({ headers }: HttpRequest, port: number): Server {
    const host = (headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase();
    const candidates = this.#init.config.servers.filter(({ listens }) =>
      listens.some((listen) => listen.port === port),
    );
    const byName =
      candidates.find(({ names }) => names.includes(host)) ??
      candidates.find(({ names }) =>
        names.some((name) => name.startsWith('*.') && host.endsWith(name.slice(1))),
      ) ??
      candidates.find(({ names }) =>
        names.some((name) => name.endsWith('.*') && host.startsWith(name.slice(0, -1))),
      ) ??
      candidates.find(({ names }) =>
        names.some((name) => name.startsWith('~') && new RegExp(name.slice(1)).test(host)),
      );
    return (
      byName ??
      candidates.find(({ listens }) => listens.some((listen) => listen.port === port && listen.isDefault)) ??
      candidates[0]!
    );
  }

  #location(exchange: Exchange): Location | undefined {
    const { locations } = exchange.server;
    const { uri } = exchange;
    let best: Location | undefined;
    for (const location of locations) {
      if (location.modifier === '=' && location.pattern === uri) return location;
      if (location.regex || location.modifier === '@' || location.modifier === '=') continue;
      if (uri.startsWith(location.pattern) && location.pattern.length > (best?.pattern.length ?? -1))
        best = location;
    }
    if (best?.modifier === '^~') return best;
    for (const location of locations) {
      const match = location.regex?.exec(uri);
      if (!match) continue;
      exchange.captures = [...match];
      return location;
    }
    return best;
  }

  // ---- what a location does

  #rewrite(exchange: Exchange, location: Location): HttpResponse | undefined {
    for (const { regex, replacement, flag } of location.rewrites) {
      const match = regex.exec(exchange.uri);
      if (!match) continue;
      exchange.captures = [...match];
      const to = this.#expand(replacement, exchange);
      if (flag === 'permanent' || flag === 'redirect' || /^https?:\/\//.test(to))
        return this.#redirect(flag === 'permanent' ? 301 : 302, this.#absolute(to, exchange));
      const [path = '', query] = to.split('?');
      exchange.uri = path;
      if (query) exchange.query = exchange.query ? `${query}&${exchange.query}` : query;
      if (flag === 'last' || flag === 'break') break;
    }
    return undefined;
  }

  #return(exchange: Exchange, { code, text }: { code: number; text: string | undefined }): HttpResponse {
    const expanded = text === undefined ? undefined : this.#expand(text, exchange);
    if (code >= 301 && code <= 308 && code !== 304 && expanded !== undefined)
      return this.#redirect(code, this.#absolute(expanded, exchange));
    if (expanded === undefined)
      return code < 300 ? { status: code, headers: {}, body: EMPTY } : this.#page(code);
    return { status: code, headers: { 'content-type': '' }, body: encode(expanded) };
  }

  async #tryFiles(exchange: Exchange, location: Location, files: string[]): Promise<HttpResponse> {
    const candidates = files.slice(0, -1);
    for (const candidate of candidates) {
      const uri = this.#expand(candidate, exchange);
      const path = this.#pathOf(uri, location);
      const stat = this.#stat(path.replace(/\/$/, '') || '/');
      const wantsDirectory = uri.endsWith('/');
      if (!stat || (stat.kind === 'directory') !== wantsDirectory) continue;
      return this.#static({ ...exchange, uri }, location);
    }
    const last = files.at(-1) ?? '=404';
    if (last.startsWith('=')) return this.#page(Number(last.slice(1)));
    if (last.startsWith('@')) return (await this.#named(exchange, last)).response;
    const [uri = '', query] = this.#expand(last, exchange).split('?');
    if (exchange.redirects >= MAX_REDIRECTS) {
      this.#error(exchange, `rewrite or internal redirection cycle while internally redirecting to "${uri}"`);
      return this.#page(500);
    }
    const next = { ...exchange, uri, query: query ?? exchange.query, redirects: exchange.redirects + 1 };
    return (await this.#answer(next)).response;
  }

  #static(exchange: Exchange, location: Location): HttpResponse {
    const { method, headers } = exchange.request;
    const path = this.#pathOf(exchange.uri, location);
    const stat = this.#stat(path.replace(/(.)\/$/, '$1'));
    if (method !== 'GET' && method !== 'HEAD') return this.#page(stat ? 405 : 404);
    if (exchange.uri.endsWith('/')) {
      if (stat?.kind === 'directory') {
        for (const name of location.settings.index) {
          const index = this.#expand(name, exchange);
          if (this.#stat(`${path}${index}`)?.kind === 'file')
            return this.#file(`${path}${index}`, location, headers);
        }
        if (location.settings.autoindex) return this.#listing(exchange.uri, path);
        this.#error(exchange, `directory index of "${path}" is forbidden`);
        return this.#page(403);
      }
      const name = `${path}${location.settings.index[0] ?? ''}`;
      this.#error(exchange, `"${name}" is not found (2: No such file or directory)`);
      return this.#page(404);
    }
    if (stat?.kind === 'directory')
      return this.#redirect(
        301,
        this.#absolute(`${exchange.uri}/${exchange.query ? `?${exchange.query}` : ''}`, exchange),
      );
    if (!stat) {
      this.#error(exchange, `open() "${path}" failed (2: No such file or directory)`);
      return this.#page(404);
    }
    return this.#file(path, location, headers);
  }

  #file(path: string, location: Location, headers: Record<string, string>): HttpResponse {
    const { files } = this.#init;
    const stat = files.stat(path);
    const contents = files.readFile(path);
    const { types, defaultType, charset } = location.settings;
    const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
    const type = types.get(extension) ?? defaultType;
    const etag = `"${Math.floor(stat.mtimeMs / 1000).toString(16)}-${contents.length.toString(16)}"`;
    const out: Record<string, string> = {
      'content-type': charset && /^text\/|javascript|xml/.test(type) ? `${type}; charset=${charset}` : type,
      'last-modified': new Date(stat.mtimeMs).toUTCString(),
      etag,
      'accept-ranges': 'bytes',
    };
    if (headers['if-none-match'] === etag) {
      const { 'last-modified': modified = '' } = out;
      return { status: 304, headers: { 'last-modified': modified, etag }, body: EMPTY };
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '');
    if (!range) return { status: 200, headers: out, body: contents };
    const from = Number(range[1]);
    if (from >= contents.length) return this.#page(416);
    const to = Math.min(range[2] ? Number(range[2]) : Infinity, contents.length - 1);
    out['content-range'] = `bytes ${from}-${to}/${contents.length}`;
    delete out['accept-ranges'];
    return { status: 206, headers: out, body: contents.subarray(from, to + 1) };
  }

  #listing(uri: string, path: string): HttpResponse {
    const { files } = this.#init;
    let rows = '';
    for (const name of files.readDirectory(path.replace(/(.)\/$/, '$1'))) {
      const stat = files.stat(`${path}${name}`);
      const slash = stat.kind === 'directory' ? '/' : '';
      const date = logDate(stat.mtimeMs).slice(0, 17).replaceAll('/', '-').replace(':', ' ');
      const size = slash ? '-' : String(stat.sizeBytes);
      rows += `<a href="${encodeURI(name)}${slash}">${escape(name)}${slash}</a>${' '.repeat(Math.max(1, 51 - name.length - slash.length))}${date}${size.padStart(20)}\n`;
    }
    const title = `Index of ${escape(uri)}`;
    const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<h1>${title}</h1><hr><pre><a href="../">../</a>\r\n${rows}</pre><hr></body>\r\n</html>\r\n`;
    return { status: 200, headers: { 'content-type': 'text/html' }, body: encode(html) };
  }

  // ---- proxying

  async #proxy(exchange: Exchange, location: Location, pass: string): Promise<HttpResponse> {
    const url = this.#expand(pass, exchange);
    const match = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url);
    if (!match) return this.#page(500);
    const [, authority = '', uriPart] = match;
    const query = exchange.query ? `?${exchange.query}` : '';
    // With a URI of its own, what the location matched is replaced by it.
    const path =
      uriPart === undefined
        ? encodeURI(exchange.uri) + query
        : location.regex || pass.includes('$')
          ? uriPart + query
          : uriPart + encodeURI(exchange.uri.slice(location.pattern.length)) + query;
    const headers: Record<string, string> = {
      ...exchange.request.headers,
      host: authority,
      connection: 'close',
    };
    for (const { name, value } of location.settings.proxyHeaders) {
      const expanded = this.#expand(value, exchange);
      if (expanded === '') delete headers[name];
      else headers[name] = expanded;
    }
    const { method, body, signal } = exchange.request;
    const request = { method, path, headers, ...(body ? { body } : {}), ...(signal ? { signal } : {}) };
    let status = 502;
    for (const { host, port } of this.#upstream(authority)) {
      try {
        return await this.#ask(host, port, request, location.settings.proxyTimeoutMs);
      } catch (error) {
        if (!(error instanceof Errno) && !(error instanceof NameNotFound)) throw error;
        status = error instanceof Errno && error.code === 'ETIMEDOUT' ? 504 : 502;
        const why =
          error instanceof NameNotFound
            ? `${host} could not be resolved (3: Host not found)`
            : status === 504
              ? `upstream timed out (110: ${error.message}) while connecting to upstream`
              : `connect() failed (111: ${error.message}) while connecting to upstream`;
        this.#error(exchange, why, `http://${host}:${port}${path}`);
      }
    }
    return this.#page(status);
  }

  /** Servers to try, in order: an upstream's by turns and weight, or the one that is named. */
  #upstream(authority: string): { host: string; port: number }[] {
    const upstream = this.#init.config.upstreams.get(authority);
    if (!upstream) return [hostPort(authority)];
    const live = upstream.servers.filter(({ down, backup }) => !down && !backup);
    const wheel = live.flatMap((server) => Array.from({ length: server.weight }, () => server));
    const turn = this.#turns.get(authority) ?? 0;
    this.#turns.set(authority, turn + 1);
    const first = wheel[turn % Math.max(1, wheel.length)];
    const others = live.filter((server) => server !== first);
    return [...(first ? [first] : []), ...others, ...upstream.servers.filter(({ backup }) => backup)];
  }

  async #ask(host: string, port: number, request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
    const { network, clock } = this.#init;
    const controller = new AbortController();
    const timer = new AbortController();
    const timeout = sleep(clock, timeoutMs, timer.signal).then(() => {
      controller.abort(new Errno('ETIMEDOUT'));
      throw new Errno('ETIMEDOUT');
    });
    timeout.catch(() => undefined);
    const signal = request.signal ? AbortSignal.any([request.signal, controller.signal]) : controller.signal;
    try {
      const { status, headers, body } = await Promise.race([
        network.fetch(host, port, { ...request, signal }),
        timeout,
      ]);
      const { connection: _connection, server: _server, date: _date, ...kept } = headers;
      return { status, headers: kept, body };
    } finally {
      timer.abort(new Errno('EINTR'));
    }
  }

  // ---- the pieces

  #pathOf(uri: string, { alias, pattern, settings }: Location): string {
    if (alias === undefined) return settings.root + uri;
    return alias + uri.slice(pattern.length);
  }

  #stat(path: string): FileStat | undefined {
    try {
      return this.#init.files.stat(path);
    } catch (error) {
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }

  #allowed(address: string, { settings }: Location): boolean {
    for (const { allow, from } of settings.access) {
      const [network = '', bits] = from.split('/');
      if (from === 'all' || (bits ? inBlock(address, network, Number(bits)) : address === from)) return allow;
    }
    return true;
  }

  #redirect(status: number, location: string): HttpResponse {
    const page = this.#page(status);
    return { ...page, headers: { ...page.headers, location } };
  }

  #absolute(target: string, { request, port }: Exchange): string {
    if (!target.startsWith('/')) return target;
    const host = (request.headers['host'] ?? this.#init.hostname).replace(/:\d+$/, '');
    return `http://${host}${port === 80 ? '' : `:${port}`}${target}`;
  }

  #page(status: number): HttpResponse {
    const title = `${status} ${phraseOf(status)}`.trim();
    const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${this.#init.version}</center>\r\n</body>\r\n</html>\r\n`;
    return { status, headers: { 'content-type': 'text/html' }, body: encode(html) };
  }

  #finish(response: HttpResponse, location: Location, exchange: Exchange): HttpResponse {
    const { clock, version } = this.#init;
    const { settings } = location;
    const headers: Record<string, string> = {
      server: settings.serverTokens ? `nginx/${version}` : 'nginx',
      date: new Date(clock.now()).toUTCString(),
      ...response.headers,
    };
    if (headers['content-type'] === '') headers['content-type'] = settings.defaultType;
    const { status } = response;
    const usual = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308].includes(status);
    for (const { name, value, always } of settings.headers)
      if (usual || always) headers[name.toLowerCase()] = this.#expand(value, exchange);
    if (settings.expires && usual) {
      const seconds = settings.expires === 'off' ? undefined : Math.floor(duration(settings.expires) / 1000);
      if (seconds) {
        headers['expires'] = new Date(clock.now() + seconds * 1000).toUTCString();
        headers['cache-control'] = `max-age=${seconds}`;
      } else if (seconds === 0) headers['cache-control'] = 'no-cache';
    }
    if (response.body instanceof Uint8Array && status !== 204 && status !== 304)
      headers['content-length'] = String(response.body.length);
    headers['connection'] = 'keep-alive';
    return { status, headers, body: exchange.request.method === 'HEAD' ? EMPTY : response.body };
  }

  #error(exchange: Exchange, message: string, upstream?: string): void {
    const { request, peer, server } = exchange;
    const name = server.names[0] ?? '';
    const via = upstream ? `, upstream: "${upstream}"` : '';
    this.#init.onError(
      `${message}, client: ${peer.address}, server: ${name}, request: "${request.method} ${request.path} HTTP/1.1"${via}, host: "${request.headers['host'] ?? ''}"`,
    );
  }

  /** Variables of a text; what is not known is empty, or `absent`. */
  #expand(text: string, exchange: Exchange, extra: Record<string, string> = {}, absent = ''): string {
    if (!text.includes('$')) return text;
    return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_all, braced?: string, bare?: string) => {
      const name = braced ?? bare!;
      return extra[name] ?? this.#variable(name, exchange) ?? absent;
    });
  }

  #variable(name: string, exchange: Exchange): string | undefined {
    const { request, peer, port, uri, query, captures, server } = exchange;
    if (/^\d$/.test(name)) return captures[Number(name)] ?? '';
    const { headers } = request;
    if (name.startsWith('http_')) return headers[name.slice(5).replaceAll('_', '-')];
    if (name.startsWith('arg_')) return new URLSearchParams(query).get(name.slice(4)) ?? '';
    const host = (headers['host'] ?? server.names[0] ?? '').replace(/:\d+$/, '').toLowerCase();
    const now = this.#init.clock.now();
    switch (name) {
      case 'uri':
      case 'document_uri':
        return uri;
      case 'request_uri':
        return request.path;
      case 'args':
      case 'query_string':
        return query;
      case 'is_args':
        return query ? '?' : '';
      case 'host':
        return host;
      case 'hostname':
        return this.#init.hostname;
      case 'server_name':
        return server.names[0] ?? '';
      case 'server_addr':
        return this.#init.network.addresses[0] ?? '';
      case 'server_port':
        return String(port);
      case 'server_protocol':
        return 'HTTP/1.1';
      case 'scheme':
        return 'http';
      case 'remote_addr':
        return peer.address;
      case 'remote_port':
        return String(peer.port);
      case 'proxy_add_x_forwarded_for':
        return headers['x-forwarded-for'] ? `${headers['x-forwarded-for']}, ${peer.address}` : peer.address;
      case 'proxy_host':
        return host;
      case 'request':
        return `${request.method} ${request.path} HTTP/1.1`;
      case 'request_method':
        return request.method;
      case 'content_type':
        return headers['content-type'] ?? '';
      case 'content_length':
        return headers['content-length'] ?? '';
      case 'nginx_version':
        return this.#init.version;
      case 'time_local':
        return logDate(now);
      case 'time_iso8601':
        return new Date(now).toISOString().replace(/\.\d+Z$/, '+00:00');
      case 'msec':
        return (now / 1000).toFixed(3);
      case 'pid':
        return '1';
      case 'connection':
        return '1';
      default:
        return undefined;
    }
  }
}

const asGet = (request: HttpRequest): HttpRequest =>
  request.method === 'HEAD' ? request : { ...request, method: 'GET' };

/** Decoded, with `.`, `..` and double slashes taken out. */
function normal(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    decoded = path;
  }
  const parts: string[] = [];
  for (const part of decoded.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}${decoded.endsWith('/') && parts.length > 0 ? '/' : ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `24/Nov/2026:10:50:39 +0000` */
function logDate(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

function inBlock(address: string, network: string, bits: number): boolean {
  const value = (text: string) => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - bits);
  return Math.floor(value(address) / size) === Math.floor(value(network) / size);
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
