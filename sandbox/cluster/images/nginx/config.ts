/**
 * What a configuration means: servers, locations and upstreams with what they inherit. The directives that
 * lessons use; those that change nothing here (`worker_processes`, `sendfile`, gzip, …) are accepted and
 * ignored; any other is refused as unknown, as nginx does with a misspelt one.
 */
import { ConfigError, parseConfig, type Directive } from './syntax.ts';

interface Listen {
  port: number;
  address: string;
  isDefault: boolean;
}

interface Upstream {
  name: string;
  servers: { host: string; port: number; weight: number; backup: boolean; down: boolean }[];
}

/** What inner blocks inherit unless they say otherwise. */
interface Settings {
  root: string;
  index: string[];
  autoindex: boolean;
  errorPages: { codes: number[]; answer: number | undefined; uri: string }[];
  headers: { name: string; value: string; always: boolean }[];
  defaultType: string;
  types: ReadonlyMap<string, string>;
  accessLog: { path: string; format: string } | undefined;
  proxyHeaders: { name: string; value: string }[];
  proxyTimeoutMs: number;
  charset: string | undefined;
  expires: string | undefined;
  access: { allow: boolean; from: string }[];
  maxBodyBytes: number;
  serverTokens: boolean;
}

export interface Location {
  modifier: '' | '=' | '~' | '~*' | '^~' | '@';
  pattern: string;
  regex: RegExp | undefined;
  settings: Settings;
  alias: string | undefined;
  tryFiles: string[] | undefined;
  proxyPass: string | undefined;
  returns: { code: number; text: string | undefined } | undefined;
  rewrites: Rewrite[];
  internal: boolean;
}

interface Rewrite {
  regex: RegExp;
  replacement: string;
  flag: string;
}

export interface Server {
  listens: Listen[];
  names: string[];
  locations: Location[];
  /** What holds outside all locations. */
  own: Location;
}

export interface Config {
  servers: Server[];
  upstreams: ReadonlyMap<string, Upstream>;
  logFormats: ReadonlyMap<string, string>;
  errorLog: string;
  pid: string;
}

const CONTAINERS = ['http', 'events', 'server', 'location', 'upstream', 'types', 'limit_except', 'if', 'map'];

/** Accepted, and without effect in this server. */
const INERT = new Set(
  `user worker_processes worker_connections worker_rlimit_nofile multi_accept use daemon master_process
  sendfile tcp_nopush tcp_nodelay keepalive_timeout keepalive_requests keepalive gzip gzip_types gzip_vary
  gzip_min_length gzip_comp_level gzip_proxied gzip_static gzip_buffers gzip_http_version gzip_disable
  types_hash_max_size types_hash_bucket_size server_names_hash_bucket_size client_body_buffer_size
  client_header_buffer_size large_client_header_buffers client_body_timeout client_header_timeout send_timeout
  client_body_temp_path proxy_temp_path fastcgi_temp_path uwsgi_temp_path scgi_temp_path proxy_http_version
  proxy_buffering proxy_buffers proxy_buffer_size proxy_redirect proxy_request_buffering proxy_cache_bypass
  proxy_next_upstream proxy_set_body proxy_pass_header proxy_hide_header proxy_ssl_server_name resolver resolver_timeout
  log_not_found etag if_modified_since open_file_cache reset_timedout_connection server_name_in_redirect
  port_in_redirect absolute_redirect least_conn ip_hash zone aio directio limit_req limit_req_zone limit_conn
  limit_conn_zone real_ip_header set_real_ip_from load_module env pcre_jit variables_hash_max_size
  merge_slashes underscores_in_headers recursive_error_pages proxy_intercept_errors`.split(/\s+/),
);

const FRESH: Settings = {
  root: '/etc/nginx/html',
  index: ['index.html'],
  autoindex: false,
  errorPages: [],
  headers: [],
  defaultType: 'text/plain',
  types: new Map([
    ['html', 'text/html'],
    ['gif', 'image/gif'],
    ['jpg', 'image/jpeg'],
  ]),
  accessLog: { path: '/var/log/nginx/access.log', format: 'combined' },
  proxyHeaders: [],
  proxyTimeoutMs: 60_000,
  charset: undefined,
  expires: undefined,
  access: [],
  maxBodyBytes: 1024 * 1024,
  serverTokens: true,
};

const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** Reads files and finds them by pattern: what `include` needs. */
export interface ConfigFiles {
  read(path: string): string;
  /** Paths that match a pattern with `*` in its last segment, sorted. */
  match(pattern: string): string[];
}

/** Reads the configuration at `path`. Throws `ConfigError`. */
export function loadConfig(path: string, files: ConfigFiles): Config {
  const root = path.slice(0, path.lastIndexOf('/'));
  const directives = include(parseConfig(files.read(path), path), root, files);
  return new ConfigReader().read(directives);
}

function include(directives: Directive[], root: string, files: ConfigFiles): Directive[] {
  return directives.flatMap((directive): Directive[] => {
    if (directive.name !== 'include')
      return [directive.block ? { ...directive, block: include(directive.block, root, files) } : directive];
    const pattern = absolute(directive.args[0] ?? '', root);
    const paths = /[*?[]/.test(pattern) ? files.match(pattern) : [pattern];
    return paths.flatMap((path) => {
      let text: string;
      try {
        text = files.read(path);
      } catch {
        throw new ConfigError(
          `open() "${path}" failed (2: No such file or directory)`,
          directive.file,
          directive.line,
        );
      }
      return include(parseConfig(text, path), root, files);
    });
  });
}

const absolute = (path: string, root: string): string => (path.startsWith('/') ? path : `${root}/${path}`);

class ConfigReader {
  readonly #servers: Server[] = [];
  readonly #upstreams = new Map<string, Upstream>();
  readonly #logFormats = new Map([['combined', COMBINED]]);
  #errorLog = '/var/log/nginx/error.log';
  #pid = '/run/nginx.pid';

  read(directives: Directive[]): Config {
    let http: Directive | undefined;
    let events = false;
    for (const directive of directives) {
      const { name, args } = directive;
      if (name === 'http') http = block(directive);
      else if (name === 'events') events = block(directive) !== undefined;
      else if (name === 'error_log') this.#errorLog = args[0] ?? this.#errorLog;
      else if (name === 'pid') this.#pid = args[0] ?? this.#pid;
      else if (!INERT.has(name)) throw unknown(directive);
    }
    if (!events) throw new ConfigError('no "events" section in configuration', '');
    if (http) this.#http(http);
    return {
      servers: this.#servers,
      upstreams: this.#upstreams,
      logFormats: this.#logFormats,
      errorLog: this.#errorLog,
      pid: this.#pid,
    };
  }

  #http(http: Directive): void {
    const settings = { ...FRESH };
    // Order does not matter: what a server inherits is what the whole block says.
    for (const directive of http.block!) {
      const { name, args } = directive;
      if (name === 'log_format')
        this.#logFormats.set(args[0] ?? '', args.slice(args[1]?.startsWith('escape=') ? 2 : 1).join(''));
      else if (name === 'upstream') this.#upstream(block(directive));
      else if (name !== 'server' && !apply(settings, directive)) throw unknown(directive);
    }
    for (const directive of http.block!)
      if (directive.name === 'server') this.#server(block(directive), settings);
  }

  #upstream(directive: Directive): void {
    const servers: Upstream['servers'] = [];
    for (const inner of directive.block!) {
      if (inner.name !== 'server') {
        if (INERT.has(inner.name)) continue;
        throw unknown(inner);
      }
      const [address = '', ...options] = inner.args;
      const { host, port } = hostPort(address, inner);
      const weight = Number(options.find((option) => option.startsWith('weight='))?.slice(7) ?? 1);
      servers.push({
        host,
        port,
        weight,
        backup: options.includes('backup'),
        down: options.includes('down'),
      });
    }
    if (servers.length === 0)
      throw new ConfigError('no servers are inside upstream', directive.file, directive.line);
    this.#upstreams.set(directive.args[0] ?? '', { name: directive.args[0] ?? '', servers });
  }

  #server(directive: Directive, inherited: Settings): void {
    const settings = { ...inherited };
    const listens: Listen[] = [];
    const names: string[] = [];
    const own = location('', '/', settings);
    const inner: Directive[] = [];
    for (const each of directive.block!) {
      if (each.name === 'listen') {
        const listen = listenOf(each);
        if (listen) listens.push(listen);
      } else if (each.name === 'server_name') names.push(...each.args);
      else if (each.name === 'location') inner.push(block(each));
      else if (!apply(settings, each) && !this.#inLocation(own, each)) throw unknown(each);
    }
    if (listens.length === 0 && !directive.block!.some(({ name }) => name === 'listen'))
      listens.push({ port: 80, address: '0.0.0.0', isDefault: false });
    const locations = inner.flatMap((each) => this.#location(each, settings));
    this.#servers.push({ listens, names, locations, own });
  }

  #location(directive: Directive, inherited: Settings): Location[] {
    const { args } = directive;
    const modifier = (
      args.length > 1 ? args[0] : args[0]?.startsWith('@') ? '@' : ''
    ) as Location['modifier'];
    if (!['', '=', '~', '~*', '^~', '@'].includes(modifier))
      throw new ConfigError(`invalid location modifier "${modifier}"`, directive.file, directive.line);
    const settings = { ...inherited };
    const made = location(modifier, args.at(-1) ?? '', settings);
    if (modifier === '~' || modifier === '~*') made.regex = regex(made.pattern, modifier === '~*', directive);
    const nested: Location[] = [];
    for (const each of directive.block!) {
      if (each.name === 'location') nested.push(...this.#location(block(each), settings));
      else if (!apply(settings, each) && !this.#inLocation(made, each)) throw unknown(each);
    }
    return [made, ...nested];
  }

  /** Directives that are not inherited. */
  #inLocation(made: Location, directive: Directive): boolean {
    const { name, args } = directive;
    switch (name) {
      case 'alias':
        made.alias = args[0];
        return true;
      case 'try_files':
        made.tryFiles = args;
        return true;
      case 'proxy_pass': {
        const url = args[0] ?? '';
        if (!/^https?:\/\//.test(url))
          throw new ConfigError(`invalid URL prefix`, directive.file, directive.line);
        made.proxyPass = url;
        return true;
      }
      case 'return': {
        const code = Number(args[0]);
        // `return URL` is a redirect.
        made.returns = Number.isNaN(code)
          ? { code: 302, text: args[0] }
          : { code, text: args.length > 1 ? args.slice(1).join(' ') : undefined };
        return true;
      }
      case 'rewrite':
        made.rewrites.push({
          regex: regex(args[0] ?? '', false, directive),
          replacement: args[1] ?? '',
          flag: args[2] ?? '',
        });
        return true;
      case 'internal':
        made.internal = true;
        return true;
      default:
        return false;
    }
  }
}

function location(modifier: Location['modifier'], pattern: string, settings: Settings): Location {
  return {
    modifier,
    pattern,
    regex: undefined,
    settings,
    alias: undefined,
    tryFiles: undefined,
    proxyPass: undefined,
    returns: undefined,
    rewrites: [],
    internal: false,
  };
}

/** Takes a directive that is inherited into `settings`. Answers whether it is one. */
function apply(settings: Settings, directive: Directive): boolean {
  const { name, args } = directive;
  switch (name) {
    case 'root':
      settings.root = absolute(args[0] ?? '', '/etc/nginx');
      break;
    case 'index':
      settings.index = args;
      break;
    case 'autoindex':
      settings.autoindex = args[0] === 'on';
      break;
    case 'error_page': {
      const answer = args.find((arg) => /^=\d*$/.test(arg));
      const codes = args
        .slice(0, -1)
        .filter((arg) => /^\d+$/.test(arg))
        .map(Number);
      const page = {
        codes,
        answer: answer === undefined ? undefined : Number(answer.slice(1)) || 0,
        uri: args.at(-1)!,
      };
      settings.errorPages = [...settings.errorPages, page];
      break;
    }
    case 'add_header': {
      const header = { name: args[0]!, value: args[1] ?? '', always: args[2] === 'always' };
      settings.headers = [...settings.headers, header];
      break;
    }
    case 'proxy_set_header':
      settings.proxyHeaders = [
        ...settings.proxyHeaders,
        { name: args[0]!.toLowerCase(), value: args[1] ?? '' },
      ];
      break;
    case 'proxy_connect_timeout':
    case 'proxy_read_timeout':
    case 'proxy_send_timeout':
      settings.proxyTimeoutMs = duration(args[0] ?? '60s');
      break;
    case 'default_type':
      settings.defaultType = args[0] ?? settings.defaultType;
      break;
    case 'types': {
      const types = new Map<string, string>();
      for (const { name: type, args: extensions } of block(directive).block!)
        for (const extension of extensions) types.set(extension, type);
      settings.types = types;
      break;
    }
    case 'access_log':
      settings.accessLog = args[0] === 'off' ? undefined : { path: args[0]!, format: args[1] ?? 'combined' };
      break;
    case 'error_log':
      break;
    case 'charset':
      settings.charset = args[0] === 'off' ? undefined : args[0];
      break;
    case 'expires':
      settings.expires = args[0];
      break;
    case 'allow':
    case 'deny':
      settings.access = [...settings.access, { allow: name === 'allow', from: args[0] ?? 'all' }];
      break;
    case 'client_max_body_size':
      settings.maxBodyBytes = size(args[0] ?? '1m');
      break;
    case 'server_tokens':
      settings.serverTokens = args[0] !== 'off';
      break;
    default:
      return INERT.has(name);
  }
  if (args.length === 0 && name !== 'types')
    throw new ConfigError(
      `invalid number of arguments in "${name}" directive`,
      directive.file,
      directive.line,
    );
  return true;
}

/** IPv6 and unix sockets are listened on nowhere here: undefined. */
function listenOf(directive: Directive): Listen | undefined {
  const [where = '', ...options] = directive.args;
  if (where.startsWith('[') || where.startsWith('unix:')) return undefined;
  const match = /^(?:(.+):)?(\d+)$/.exec(where);
  const port = match ? Number(match[2]) : 80;
  const host = match ? match[1] : where;
  if (port < 1 || port > 65_535)
    throw new ConfigError(
      `invalid port in "${where}" of the "listen" directive`,
      directive.file,
      directive.line,
    );
  const loopback = host === 'localhost' || host?.startsWith('127.');
  return { port, address: loopback ? '127.0.0.1' : '0.0.0.0', isDefault: options.includes('default_server') };
}

export function hostPort(address: string, at?: Directive): { host: string; port: number } {
  const match = /^([^:/]+)(?::(\d+))?$/.exec(address);
  if (!match) throw new ConfigError(`invalid host in "${address}"`, at?.file ?? '', at?.line);
  return { host: match[1]!, port: Number(match[2] ?? 80) };
}

function regex(pattern: string, ignoreCase: boolean, at: Directive): RegExp {
  try {
    return new RegExp(pattern, ignoreCase ? 'i' : '');
  } catch {
    throw new ConfigError(`pcre2_compile() failed: invalid pattern "${pattern}"`, at.file, at.line);
  }
}

function block(directive: Directive): Directive {
  if (directive.block) return directive;
  throw new ConfigError(`directive "${directive.name}" has no opening "{"`, directive.file, directive.line);
}

function unknown({ name, block: inner, file, line }: Directive): ConfigError {
  if (inner && CONTAINERS.includes(name))
    return new ConfigError(`"${name}" directive is not allowed here`, file, line);
  return new ConfigError(`unknown directive "${name}"`, file, line);
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function duration(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)?$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] ?? 's']! : 0;
}

function size(text: string): number {
  const match = /^(\d+)([kmg]?)$/i.exec(text);
  if (!match) return 0;
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match[2]!.toLowerCase()]!;
  return Number(match[1]) * factor || Infinity;
}
