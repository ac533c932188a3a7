/** Node's library inside the interpreter: files, streams, http, fetch, and what is refused. */
export const IO = String.raw`
define('stream', () => {
  class Readable extends EventEmitter {
    readable = true;
    _chunks = [];
    _ended = false;
    _flowing = false;
    constructor(options = {}) { super(); if (options.read) this._read = options.read; }
    static from(items) { const stream = new Readable(); (async () => { for await (const item of items) stream.push(item); stream.push(null); })().catch((error) => stream.emit('error', error)); return stream; }
    setEncoding(encoding) { this._encoding = encoding; return this; }
    push(chunk) {
      if (chunk === null) this._ended = true;
      else this._chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (this._flowing) queueMicrotask(() => this._drain());
      return true;
    }
    _drain() {
      while (this._flowing && this._chunks.length) { const chunk = this._chunks.shift(); this.emit('data', this._encoding ? chunk.toString(this._encoding) : chunk); }
      if (this._flowing && this._ended && !this._done) { this._done = true; this.complete = true; this.emit('end'); this.emit('close'); }
    }
    on(name, listener) {
      super.on(name, listener);
      if (name === 'data') this.resume();
      return this;
    }
    resume() { if (!this._flowing) { this._flowing = true; this._read?.(); queueMicrotask(() => this._drain()); } return this; }
    pause() { this._flowing = false; return this; }
    read() { return this._chunks.length ? this._chunks.shift() : null; }
    destroy(error) { this.destroyed = true; if (error) this.emit('error', error); this.emit('close'); return this; }
    pipe(target) { this.on('data', (chunk) => target.write(chunk)); this.on('end', () => { if (target !== process.stdout && target !== process.stderr) target.end(); }); return target; }
    async *[Symbol.asyncIterator]() {
      const queue = [];
      let wake = () => {}, failure;
      this.on('data', (chunk) => { queue.push(chunk); wake(); });
      this.on('end', () => { queue.push(null); wake(); });
      this.on('error', (error) => { failure = error; wake(); });
      for (;;) {
        while (!queue.length && !failure) await new Promise((resolve) => (wake = resolve));
        if (failure) throw failure;
        const chunk = queue.shift();
        if (chunk === null) return;
        yield chunk;
      }
    }
  }
  class Writable extends EventEmitter {
    writable = true;
    constructor(options = {}) { super(); if (options.write) this._write = options.write; }
    write(chunk, encoding, done) {
      const callback = typeof encoding === 'function' ? encoding : done;
      this._write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, 'buffer', (error) => { if (error) this.emit('error', error); callback?.(error); });
      return true;
    }
    end(chunk, encoding, done) {
      if (typeof chunk === 'function') { done = chunk; chunk = undefined; }
      if (chunk !== undefined && chunk !== null) this.write(chunk);
      this.writableEnded = true;
      queueMicrotask(() => { this.emit('finish'); this.emit('close'); (typeof encoding === 'function' ? encoding : done)?.(); });
      return this;
    }
    destroy(error) { if (error) this.emit('error', error); this.emit('close'); return this; }
  }
  class Transform extends Readable {
    constructor(options = {}) { super(options); if (options.transform) this._transform = options.transform; }
    write(chunk) { this._transform(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, 'buffer', (error, out) => { if (error) this.emit('error', error); else if (out !== undefined) this.push(out); }); return true; }
    end(chunk) { if (chunk !== undefined) this.write(chunk); this.push(null); return this; }
  }
  const pipeline = (...parts) => {
    const done = typeof parts.at(-1) === 'function' ? parts.pop() : () => {};
    parts.reduce((from, to) => from.pipe(to));
    parts.at(-1).on('finish', () => done());
    for (const part of parts) part.on('error', done);
    return parts.at(-1);
  };
  return Object.assign(Readable, { Readable, Writable, Transform, PassThrough: class extends Transform { _transform(chunk, _, done) { done(null, chunk); } }, Duplex: Transform, Stream: Readable, pipeline });
});
define('stream/promises', () => ({ pipeline: (...parts) => new Promise((resolve, reject) => builtin('stream').pipeline(...parts, (error) => (error ? reject(error) : resolve()))) }));

define('fs', () => {
  const at = (path) => builtin('path').resolve(String(path?.href ? builtin('url').fileURLToPath(path) : path));
  const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);
  const stats = (kind, path) => {
    const stat = JSON.parse(call(kind, at(path)));
    const is = (each) => () => stat.kind === each;
    return { ...stat, size: stat.sizeBytes, ino: stat.inode, nlink: stat.links, mtime: new Date(stat.mtimeMs), ctime: new Date(stat.mtimeMs), atime: new Date(stat.mtimeMs), birthtime: new Date(stat.mtimeMs), isFile: is('file'), isDirectory: is('directory'), isSymbolicLink: is('symlink') };
  };
  const tryStat = (path) => { try { return stats('stat', path); } catch { return undefined; } };
  const sync = {
    readFile: (path, options) => { const bytes = path === 0 ? Buffer.from('') : new Buffer(call('read', at(path))); const encoding = encodingOf(options); return encoding ? bytes.toString(encoding) : bytes; },
    writeFile: (path, data, options) => { if (options?.flag === 'a') return sync.appendFile(path, data); if (options?.flag === 'wx' && tryStat(path)) throw failWith('EEXIST', "EEXIST: file already exists, open '" + path + "'"); call('write-file', at(path), toBytes(typeof data === 'string' ? Buffer.from(data, encodingOf(options)) : data)); },
    appendFile: (path, data) => call('append-file', at(path), toBytes(data)),
    readdir: (path, options) => {
      const walk = (directory, prefix) => JSON.parse(call('readdir', directory)).flatMap((name) => {
        const own = options?.withFileTypes ? Object.assign(stats('lstat', directory + '/' + name), { name, parentPath: directory }) : prefix + name;
        return options?.recursive && tryStat(directory + '/' + name)?.isDirectory() ? [own, ...walk(directory + '/' + name, prefix + name + '/')] : [own];
      });
      return walk(at(path), '');
    },
    mkdir: (path, options) => call('mkdir', at(path), options?.recursive ? 1 : 0, (typeof options === 'number' ? options : options?.mode) ?? -1),
    rmdir: (path) => call('rmdir', at(path)),
    unlink: (path) => call('unlink', at(path)),
    rm: (path, options = {}) => {
      const stat = (() => { try { return stats('lstat', path); } catch (error) { if (options.force) return; throw error; } })();
      if (!stat) return;
      if (!stat.isDirectory()) return sync.unlink(path);
      if (!options.recursive) throw failWith('ERR_FS_EISDIR', 'Path is a directory: rm returned EISDIR (is a directory) ' + path);
      for (const name of sync.readdir(path)) sync.rm(at(path) + '/' + name, options);
      sync.rmdir(path);
    },
    rename: (from, to) => call('rename', at(from), at(to)),
    copyFile: (from, to) => sync.writeFile(to, sync.readFile(from)),
    stat: (path, options) => { if (options?.throwIfNoEntry === false) return tryStat(path); return stats('stat', path); },
    lstat: (path) => stats('lstat', path),
    symlink: (target, path) => call('symlink', String(target), at(path)),
    link: (from, to) => call('link', at(from), at(to)),
    readlink: (path) => call('readlink', at(path)),
    realpath: (path) => call('realpath', at(path)),
    chmod: (path, mode) => call('chmod', at(path), typeof mode === 'string' ? parseInt(mode, 8) : mode),
    utimes: (path, _, mtime) => call('utimes', at(path), mtime instanceof NativeDate ? mtime.getTime() : mtime * 1000),
    access: (path) => void stats('stat', path),
    mkdtemp: (prefix) => { const path = prefix + Math.random().toString(36).slice(2, 8); sync.mkdir(path); return path; },
    truncate: (path, length = 0) => sync.writeFile(path, sync.readFile(path).subarray(0, length)),
  };
  const promises = {}, fs = { constants: { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 }, promises };
  for (const name of Object.keys(sync)) {
    fs[name + 'Sync'] = sync[name];
    promises[name] = async (...args) => sync[name](...args);
    fs[name] = (...args) => {
      const done = args.pop();
      if (typeof done !== 'function') throw failWith('ERR_INVALID_ARG_TYPE', 'The "cb" argument must be of type function. Received ' + builtin('util').inspect(done), TypeError);
      const release = hold();
      let error = null, value;
      try { value = sync[name](...args); } catch (failure) { error = failure; }
      setImmediate(() => { release(); done(error, value); });
    };
  }
  promises.constants = fs.constants;
  fs.existsSync = (path) => tryStat(path) !== undefined;
  fs.exists = (path, done) => setImmediate(() => done(fs.existsSync(path)));
  const watchers = new Map();
  fs.__changed = (path) => { for (const [watched, listeners] of watchers) if (path === watched || path.startsWith(watched + '/')) for (const each of listeners) each(path); };
  const watch = (path, tell) => { const full = at(path); const list = watchers.get(full) ?? new Set(); watchers.set(full, list.add(tell)); const release = hold(); return () => { release(); list.delete(tell); }; };
  fs.watch = (path, options, listener) => {
    const watcher = new EventEmitter();
    const stop = watch(path, (changed) => watcher.emit('change', 'change', builtin('path').basename(changed)));
    const tell = typeof options === 'function' ? options : listener;
    if (tell) watcher.on('change', tell);
    return Object.assign(watcher, { close: stop });
  };
  fs.watchFile = (path, options, listener) => { let before = tryStat(path); watch(path, () => { const now = tryStat(path); (typeof options === 'function' ? options : listener)(now, before); before = now; }); };
  fs.createReadStream = (path, options) => { const { Readable } = builtin('stream'); const stream = new Readable(); try { stream.push(Buffer.from(sync.readFile(path))); stream.push(null); } catch (error) { setImmediate(() => stream.emit('error', error)); } if (encodingOf(options)) stream.setEncoding(encodingOf(options)); return stream; };
  fs.createWriteStream = (path, options = {}) => { const { Writable } = builtin('stream'); if (options.flags !== 'a') sync.writeFile(path, ''); return new Writable({ write: (chunk, _, done) => { try { sync.appendFile(path, chunk); done(); } catch (error) { done(error); } } }); };
  return fs;
});
define('fs/promises', () => builtin('fs').promises);

const STATUS_CODES = JSON.parse(call('status-codes'));
const servers = new Map(), incoming = new Map(), outgoing = new Map(), queries = new Map();
let nextServer = 1, nextRequest = 1;
const netError = (code, host, port) => Object.assign(new Error(code === 'ENOTFOUND' ? 'getaddrinfo ENOTFOUND ' + host : 'connect ' + code + ' ' + host + ':' + port), { code, errno: -111, syscall: code === 'ENOTFOUND' ? 'getaddrinfo' : 'connect', address: host, port });

define('http', () => {
  const { Readable, Writable } = builtin('stream');
  class IncomingMessage extends Readable {
    httpVersion = '1.1';
    constructor(head, peer) {
      super();
      Object.assign(this, head);
      this.headers = head.headers;
      this.rawHeaders = Object.entries(head.headers).flat();
      this.socket = this.connection = Object.assign(new EventEmitter(), { remoteAddress: peer.address, remotePort: peer.port, destroy() {}, setTimeout() {}, setNoDelay() {} });
    }
    setTimeout() { return this; }
  }
  class ServerResponse extends Writable {
    statusCode = 200;
    headersSent = false;
    sendDate = true;
    _headers = {};
    constructor(id, head) { super(); this._id = id; this._head = head; }
    setHeader(name, value) { if (this.headersSent) throw failWith('ERR_HTTP_HEADERS_SENT', 'Cannot set headers after they are sent to the client'); this._headers[String(name).toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value); return this; }
    getHeader(name) { return this._headers[String(name).toLowerCase()]; }
    getHeaders() { return { ...this._headers }; }
    getHeaderNames() { return Object.keys(this._headers); }
    hasHeader(name) { return String(name).toLowerCase() in this._headers; }
    removeHeader(name) { delete this._headers[String(name).toLowerCase()]; }
    appendHeader(name, value) { const before = this.getHeader(name); return this.setHeader(name, before === undefined ? value : before + ', ' + value); }
    writeHead(status, message, headers) {
      if (this.headersSent) throw failWith('ERR_HTTP_HEADERS_SENT', 'Cannot write headers after they are sent to the client');
      this.statusCode = status;
      const list = typeof message === 'object' ? message : headers;
      for (const [name, value] of Object.entries(list ?? {})) this.setHeader(name, value);
      return this;
    }
    flushHeaders() { this._begin(); }
    _begin() {
      if (this.headersSent) return;
      this.headersSent = true;
      if (this.sendDate) this._headers.date ??= new Date().toUTCString();
      call('respond', this._id, this.statusCode, JSON.stringify(this._headers));
    }
    _write(chunk, _, done) { this._begin(); if (!this._head && chunk.length) call('respond-bytes', this._id, toBytes(chunk)); done(); }
    end(chunk, encoding, done) {
      if (this.writableEnded) return this;
      if (typeof chunk === 'function') { done = chunk; chunk = undefined; }
      const bytes = chunk === undefined || chunk === null ? undefined : typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (!this.headersSent && !('content-length' in this._headers) && !('transfer-encoding' in this._headers) && this.statusCode !== 204 && this.statusCode !== 304) this._headers['content-length'] = String(bytes?.length ?? 0);
      this._begin();
      if (bytes?.length && !this._head) call('respond-bytes', this._id, toBytes(bytes));
      super.end(undefined, undefined, typeof encoding === 'function' ? encoding : done);
      call('respond-end', this._id);
      incoming.delete(this._id);
      return this;
    }
    destroy() { if (!this.writableEnded) { this.writableEnded = true; call('respond-abort', this._id); incoming.delete(this._id); } return this; }
    setTimeout() { return this; }
  }
  class Server extends EventEmitter {
    listening = false;
    timeout = 0; keepAliveTimeout = 5000; requestTimeout = 300000; headersTimeout = 60000;
    listen(...args) {
      const done = typeof args.at(-1) === 'function' ? args.pop() : undefined;
      const options = typeof args[0] === 'object' && args[0] ? args[0] : { port: args[0], host: typeof args[1] === 'string' ? args[1] : undefined };
      if (done) this.once('listening', done);
      this._id = nextServer++;
      this._port = Number(options.port ?? 0) || 30000 + Math.floor(Math.random() * 2000);
      this._host = options.host ?? '::';
      this._release = hold();
      servers.set(this._id, this);
      call('listen', this._id, this._port, this._host);
      return this;
    }
    address() { return this.listening ? { address: this._host, port: this._port, family: this._host.includes(':') ? 'IPv6' : 'IPv4' } : null; }
    close(done) {
      if (done) this.once('close', done);
      if (servers.delete(this._id)) call('close', this._id);
      this.listening = false;
      this._closing = true;
      this._closeIfIdle();
      return this;
    }
    _open = 0;
    _closeIfIdle() { if (this._closing && this._open === 0) { this._closing = false; setImmediate(() => { this._release?.(); this.emit('close'); }); } }
    closeAllConnections() {} closeIdleConnections() {}
    ref() { return this; } unref() { this._release?.(); return this; }
    setTimeout() { return this; }
    [Symbol.asyncDispose]() { return new Promise((resolve) => this.close(resolve)); }
  }
  class ClientRequest extends Writable {
    _chunks = [];
    constructor(options, onResponse) {
      super();
      this._id = nextRequest++;
      Object.assign(this, { _options: options, method: options.method ?? 'GET', path: options.path ?? '/', host: options.hostname });
      this._headers = {};
      for (const [name, value] of Object.entries(options.headers ?? {})) this.setHeader(name, value);
      if (onResponse) this.once('response', onResponse);
      this._release = hold();
      if (options.signal) options.signal.addEventListener('abort', () => this.destroy(options.signal.reason));
      if (options.timeout) this.setTimeout(options.timeout);
      outgoing.set(this._id, this);
    }
    setHeader(name, value) { this._headers[String(name).toLowerCase()] = String(value); }
    getHeader(name) { return this._headers[String(name).toLowerCase()]; }
    removeHeader(name) { delete this._headers[String(name).toLowerCase()]; }
    setTimeout(ms, done) { if (done) this.on('timeout', done); this._timer = setTimeout(() => this.emit('timeout'), ms); return this; }
    setNoDelay() {} setSocketKeepAlive() {}
    _write(chunk, _, done) { this._chunks.push(chunk); done(); }
    end(chunk, encoding, done) {
      super.end(chunk, encoding, done);
      const { hostname, port } = this._options;
      this._headers.host ??= port === 80 ? hostname : hostname + ':' + port;
      const body = Buffer.concat(this._chunks);
      if (body.length) this._headers['content-length'] ??= String(body.length);
      call('fetch', this._id, JSON.stringify({ host: hostname, port, method: this.method, path: this.path, headers: this._headers }), toBytes(body));
      return this;
    }
    _done() { outgoing.delete(this._id); if (this._timer) clearTimeout(this._timer); this._release(); }
    destroy(error) { if (outgoing.has(this._id)) { call('fetch-abort', this._id); this._done(); this.emit('error', error ?? failWith('ECONNRESET', 'socket hang up')); this.emit('close'); } return this; }
    abort() { this.destroy(); }
  }
  const optionsOf = (args) => {
    const onResponse = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    let options = {};
    for (const each of args) {
      if (typeof each === 'string' || each instanceof URL) {
        const url = new URL(each);
        if (url.protocol !== 'http:') throw failWith('ERR_INVALID_PROTOCOL', 'Protocol "' + url.protocol + '" not supported. Expected "http:"', TypeError);
        options = { ...options, hostname: url.hostname, port: Number(url.port || 80), path: url.pathname + url.search };
      } else options = { ...options, ...each };
    }
    options.hostname ??= options.host ?? 'localhost';
    options.port = Number(options.port ?? 80);
    return [options, onResponse];
  };
  const request = (...args) => new ClientRequest(...optionsOf(args));
  return {
    STATUS_CODES, METHODS: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], IncomingMessage, ServerResponse, Server, ClientRequest,
    createServer: (...args) => { const server = new Server(); const listener = args.findLast((each) => typeof each === 'function'); if (listener) server.on('request', listener); return server; },
    request, get: (...args) => request(...args).end(), Agent: class Agent { destroy() {} }, globalAgent: {},
  };
});
for (const name of ['https', 'net', 'tls', 'dgram', 'child_process', 'cluster', 'worker_threads', 'zlib', 'vm', 'v8', 'inspector'])
  define(name, () => { throw failWith('ERR_MODULE_NOT_AVAILABLE', "Module '" + name + "' is not available here: services speak plain HTTP with 'http' and fetch, and have one process"); });
define('dns', () => {
  const lookup = (name, options, done = options) => { const release = hold(); const id = nextRequest++; queries.set(id, (addresses) => { release(); if (addresses) done(null, options?.all ? addresses.map((address) => ({ address, family: 4 })) : addresses[0], 4); else done(netError('ENOTFOUND', name)); }); call('resolve', id, name); };
  const resolve4 = (name, done) => lookup(name, { all: true }, (error, list) => done(error, list?.map(({ address }) => address)));
  const promised = (original) => (...args) => new Promise((resolve, reject) => original(...args, (error, value, family) => (error ? reject(error) : resolve(original === lookup && !args[1]?.all ? { address: value, family } : value))));
  return { lookup, resolve4, resolve: resolve4, promises: { lookup: (name, options = {}) => promised(lookup)(name, options), resolve4: promised(resolve4), resolve: promised(resolve4) } };
});
define('dns/promises', () => builtin('dns').promises);
define('readline', () => ({
  createInterface: ({ input }) => {
    const lines = new EventEmitter();
    let rest = '';
    input.on('data', (chunk) => { const parts = (rest + chunk).split('\n'); rest = parts.pop(); for (const line of parts) lines.emit('line', line.replace(/\r$/, '')); });
    input.on('end', () => { if (rest) lines.emit('line', rest); lines.emit('close'); });
    return Object.assign(lines, {
      close() { lines.emit('close'); }, setPrompt() {}, prompt() {}, question: (text, done) => { process.stdout.write(text); lines.once('line', done); },
      async *[Symbol.asyncIterator]() { const queue = []; let wake = () => {}; lines.on('line', (line) => { queue.push(line); wake(); }); lines.on('close', () => { queue.push(null); wake(); }); for (;;) { while (!queue.length) await new Promise((resolve) => (wake = resolve)); const line = queue.shift(); if (line === null) return; yield line; } },
    });
  },
}));
{
  const { Readable } = builtin('stream');
  let release;
  process.stdin = new Readable({ read() { if (!release) { release = hold(); call('read-stdin'); } } });
  process.stdin.fd = 0;
  process.stdin.isTTY = info.terminal ? true : undefined;
  process.stdin.__take = (bytes) => { if (bytes) process.stdin.push(new Buffer(bytes)); else { process.stdin.push(null); release?.(); } };
}

/* Events and fetch of the web. */
class Event { constructor(type) { this.type = type; } }
class EventTarget {
  #emitter = new EventEmitter();
  addEventListener(type, listener, options) { const call = typeof listener === 'function' ? listener : (event) => listener.handleEvent(event); options?.once ? this.#emitter.once(type, call) : this.#emitter.on(type, call); }
  removeEventListener(type, listener) { this.#emitter.off(type, listener); }
  dispatchEvent(event) { event.target = this; this['on' + event.type]?.(event); this.#emitter.emit(event.type, event); return true; }
}
class AbortSignal extends EventTarget {
  aborted = false;
  reason = undefined;
  throwIfAborted() { if (this.aborted) throw this.reason; }
  static timeout(ms) { const controller = new AbortController(); setTimeout(() => controller.abort(Object.assign(new Error('The operation was aborted due to timeout'), { name: 'TimeoutError', code: 23 })), ms).unref(); return controller.signal; }
  static abort(reason) { const controller = new AbortController(); controller.abort(reason); return controller.signal; }
  static any(signals) { const controller = new AbortController(); for (const each of signals) each.aborted ? controller.abort(each.reason) : each.addEventListener('abort', () => controller.abort(each.reason)); return controller.signal; }
}
class AbortController {
  signal = new AbortSignal();
  abort(reason = Object.assign(new Error('This operation was aborted'), { name: 'AbortError', code: 20 })) { if (this.signal.aborted) return; this.signal.aborted = true; this.signal.reason = reason; this.signal.dispatchEvent(new Event('abort')); }
}
class Headers {
  #map = new Map();
  constructor(from = {}) { for (const [name, value] of typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from)) this.append(name, value); }
  append(name, value) { const key = String(name).toLowerCase(); this.#map.set(key, this.#map.has(key) ? this.#map.get(key) + ', ' + value : String(value)); }
  set(name, value) { this.#map.set(String(name).toLowerCase(), String(value)); }
  get(name) { return this.#map.get(String(name).toLowerCase()) ?? null; }
  has(name) { return this.#map.has(String(name).toLowerCase()); }
  delete(name) { this.#map.delete(String(name).toLowerCase()); }
  forEach(visit) { for (const [name, value] of this) visit(value, name, this); }
  keys() { return this.#map.keys(); } values() { return this.#map.values(); } entries() { return this.#map.entries(); }
  [Symbol.iterator]() { return this.#map[Symbol.iterator](); }
}
class Body {
  #bytes;
  bodyUsed = false;
  constructor(bytes) { this.#bytes = bytes; }
  async bytes() { if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read'); this.bodyUsed = true; return this.#bytes; }
  async text() { return decodeBytes(await this.bytes()); }
  async json() { return JSON.parse(await this.text()); }
  async arrayBuffer() { return toBytes(await this.bytes()); }
  get body() { const bytes = this.#bytes; return { async *[Symbol.asyncIterator]() { yield bytes; } }; }
}
class Response extends Body {
  constructor(body = '', { status = 200, statusText, headers, url = '' } = {}) { super(typeof body === 'string' ? Buffer.from(body) : (body ?? Buffer.from(''))); Object.assign(this, { status, ok: status >= 200 && status < 300, statusText: statusText ?? STATUS_CODES[status] ?? '', headers: new Headers(headers), url, redirected: false, type: 'basic' }); }
  static json(value, init = {}) { return new Response(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json', ...init.headers } }); }
}
class Request { constructor(url, init = {}) { Object.assign(this, { method: 'GET', ...init, url: String(url), headers: new Headers(init.headers) }); } }
const fetchOnce = (url, { method, headers, body, signal }) => new Promise((resolve, reject) => {
  const failed = (error) => reject(signal?.aborted ? signal.reason : Object.assign(new TypeError('fetch failed'), { cause: error }));
  if (signal?.aborted) { reject(signal.reason); return; }
  const request = builtin('http').request(url, { method, headers, signal }, async (response) => {
    try {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(new Response(Buffer.concat(chunks), { status: response.statusCode, headers: response.headers, url }));
    } catch (error) { failed(error); }
  });
  request.on('error', failed);
  request.end(body);
});
const fetch = async (resource, init = {}) => {
  const from = resource instanceof Request ? { ...resource, ...init } : init;
  let url = new URL(resource instanceof Request ? resource.url : resource).href;
  if (!url.startsWith('http:')) throw Object.assign(new TypeError('fetch failed'), { cause: failWith('ECONNREFUSED', 'only http: is spoken here: ' + url) });
  const headers = Object.fromEntries(new Headers(from.headers));
  let { method = 'GET', body } = from;
  if (body instanceof URLSearchParams) { headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8'; body = String(body); }
  else if (typeof body === 'string') headers['content-type'] ??= 'text/plain;charset=UTF-8';
  headers['user-agent'] ??= 'node';
  headers.accept ??= '*/*';
  for (let hops = 0; ; hops++) {
    const response = await fetchOnce(url, { method: method.toUpperCase(), headers, body, signal: from.signal });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || !location || from.redirect === 'manual') return response;
    if (hops >= 20) throw Object.assign(new TypeError('fetch failed'), { cause: new Error('redirect count exceeded') });
    url = new URL(location, url).href;
    if (response.status === 303 || (response.status < 303 && method.toUpperCase() === 'POST')) { method = 'GET'; body = undefined; }
  }
};
Object.assign(globalThis, { Event, EventTarget, AbortSignal, AbortController, Headers, Response, Request, fetch });

/* Modules of the learner: CommonJS here, ES modules by the interpreter with what __module gives it. */
const cache = new Map();
const locate = (name, from) => {
  const path = builtin('path');
  if (name.startsWith('.') || name.startsWith('/')) {
    const found = call('locate', path.resolve(path.dirname(from), name));
    if (found) return found;
  } else
    for (let directory = path.dirname(from); ; directory = path.dirname(directory)) {
      const found = call('locate', path.join(directory, 'node_modules', name));
      if (found) return found;
      if (directory === '/') break;
    }
  throw Object.assign(failWith('MODULE_NOT_FOUND', "Cannot find module '" + name + "'\nRequire stack:\n- " + from), { requireStack: [from] });
};
const requireFile = (file) => {
  if (cache.has(file)) return cache.get(file).exports;
  const module = { exports: {}, id: file, filename: file, loaded: false, children: [], paths: [] };
  cache.set(file, module);
  try {
    if (file.endsWith('.json')) module.exports = JSON.parse(decodeBytes(new Uint8Array(call('read', file))));
    else __compile(file)(module.exports, requireFrom(file), module, file, builtin('path').dirname(file));
  } catch (error) { cache.delete(file); throw error; }
  module.loaded = true;
  return module.exports;
};
const requireFrom = (from) => {
  const require = (name) => {
    if (name.startsWith('node:') && !isBuiltin(name)) throw failWith('ERR_UNKNOWN_BUILTIN_MODULE', 'No such built-in module: ' + name);
    return isBuiltin(name) ? builtin(name.replace(/^node:/, '')) : requireFile(locate(name, from));
  };
  return Object.assign(require, { resolve: (name) => (isBuiltin(name) ? name : locate(name, from)), cache: Object.fromEntries(cache), main: undefined });
};
define('module', () => ({ createRequire: (from) => requireFrom(String(from).replace(/^file:\/\//, '')), builtinModules: [...builtins.keys()] }));
globalThis.__builtin = builtin;
globalThis.__requireFile = requireFile;

/* What the host calls. */
globalThis.__start = (file) => { requireFile(file); };
globalThis.__startText = (print) => { const value = __compile('')({}, requireFrom(info.directory + '/[eval]'), {}, '[eval]', '.'); if (print) console.log(value); };
globalThis.__uncaught = uncaught;
globalThis.__alive = () => active;
globalThis.__end = () => {
  if (process._exiting) return Number(process.exitCode ?? 0);
  process.emit('beforeExit', Number(process.exitCode ?? 0));
  if (active > 0) return -1;
  process._exiting = true;
  process.emit('exit', Number(process.exitCode ?? 0));
  return Number(process.exitCode ?? 0);
};
globalThis.__dispatch = (kind, text, bytes) => {
  const event = JSON.parse(text);
  try {
    if (kind === 'timer') fireTimer(event.timer);
    else if (kind === 'signal') process.emit('SIG' + event.signal, 'SIG' + event.signal, SIGNALS['SIG' + event.signal]);
    else if (kind === 'stdin') process.stdin.__take(bytes);
    else if (kind === 'file') builtin('fs').__changed(event.path);
    else if (kind === 'resolved') { queries.get(event.query)?.(event.addresses); queries.delete(event.query); }
    else if (kind === 'listening') {
      const server = servers.get(event.server);
      if (!server) return;
      if (event.error) {
        servers.delete(event.server);
        server._release();
        const words = event.error === 'EADDRINUSE' ? 'address already in use' : event.error;
        server.emit('error', Object.assign(new Error('listen ' + event.error + ': ' + words + ' ' + server._host + ':' + server._port), { code: event.error, errno: -98, syscall: 'listen', address: server._host, port: server._port }));
      } else { server.listening = true; server.emit('listening'); }
    } else if (kind === 'request') {
      const server = servers.get(event.server);
      const { IncomingMessage, ServerResponse } = builtin('http');
      const request = new IncomingMessage({ method: event.method, url: event.path, headers: event.headers }, event.from);
      const response = new ServerResponse(event.request, event.method === 'HEAD');
      Object.assign(response, { req: request, socket: request.socket });
      incoming.set(event.request, { request, response });
      server._open++;
      response.once('close', () => { server._open--; server._closeIfIdle(); });
      if (bytes && bytes.byteLength) request.push(new Buffer(bytes));
      request.push(null);
      server.emit('request', request, response);
    } else if (kind === 'request-gone') { const pair = incoming.get(event.request); incoming.delete(event.request); pair?.request.emit('close'); pair?.response.emit('close'); }
    else if (kind === 'response') {
      const request = outgoing.get(event.request);
      if (!request) return;
      const { IncomingMessage } = builtin('http');
      request.response = new IncomingMessage({ statusCode: event.status, statusMessage: STATUS_CODES[event.status] ?? '', headers: event.headers }, { address: request.host, port: 0 });
      request.emit('response', request.response);
    } else if (kind === 'response-bytes') {
      const request = outgoing.get(event.request);
      if (!request) return;
      request.response.push(event.end ? null : new Buffer(bytes));
      if (event.end) request._done();
    } else if (kind === 'response-error') {
      const request = outgoing.get(event.request);
      if (!request) return;
      request._done();
      const { hostname, port } = request._options;
      const error = netError(event.code, hostname, port);
      if (request.response) request.response.destroy(failWith('ECONNRESET', 'aborted'));
      else request.emit('error', error);
    }
  } catch (error) { uncaught(error); }
};
`;
