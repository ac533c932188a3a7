/** Node's library inside the interpreter: bytes, text, URLs, util, path, os, crypto, assert. */
export const DATA = String.raw`
class Buffer extends Uint8Array {
  static from(value, encoding) {
    if (typeof value === 'string') return wrap(encodeText(value, encoding));
    if (value instanceof ArrayBuffer) return new Buffer(value);
    return wrap(Uint8Array.from(value));
  }
  static alloc(size, fill = 0) { return new Buffer(size).fill(fill); }
  static allocUnsafe(size) { return new Buffer(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static byteLength(value, encoding) { return typeof value === 'string' ? encodeText(value, encoding).length : value.byteLength; }
  static concat(list, total = list.reduce((sum, each) => sum + each.length, 0)) {
    const out = new Buffer(total);
    let at = 0;
    for (const each of list) { out.set(each.subarray(0, total - at), at); at += each.length; }
    return out;
  }
  toString(encoding = 'utf8', start = 0, end = this.length) { return decodeBytes(this.subarray(start, end), encoding); }
  toJSON() { return { type: 'Buffer', data: [...this] }; }
  equals(other) { return this.length === other.length && this.every((byte, at) => byte === other[at]); }
  write(text, at = 0) { const bytes = encodeText(text); this.set(bytes, at); return bytes.length; }
  slice(start, end) { return this.subarray(start, end); }
  copy(target, at = 0, start = 0, end = this.length) { target.set(this.subarray(start, end), at); return end - start; }
  readUInt8(at = 0) { return this[at]; }
  readUInt16BE(at = 0) { return this[at] * 256 + this[at + 1]; }
  readUInt32BE(at = 0) { return ((this[at] << 24) | (this[at + 1] << 16) | (this[at + 2] << 8) | this[at + 3]) >>> 0; }
}
const wrap = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
const toBytes = (value) => (typeof value === 'string' ? encodeText(value).buffer : value instanceof ArrayBuffer ? value : value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const encodeText = (text, encoding = 'utf8') => {
  if (encoding === 'hex') return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return Uint8Array.from(text, (char) => char.charCodeAt(0));
  if (encoding === 'base64' || encoding === 'base64url') {
    const clean = text.replace(/-/g, '+').replace(/_/g, '/').replace(/[^A-Za-z0-9+\/]/g, '');
    const out = new Uint8Array(Math.floor((clean.length * 3) / 4));
    for (let at = 0, bits = 0, count = 0, to = 0; at < clean.length; at++) {
      bits = (bits << 6) | BASE64.indexOf(clean[at]);
      if ((count += 6) >= 8) out[to++] = (bits >> (count -= 8)) & 255;
    }
    return out;
  }
  return new Uint8Array(call('encode', text));
};
const decodeBytes = (bytes, encoding = 'utf8') => {
  if (encoding === 'hex') return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return [...bytes].map((byte) => String.fromCharCode(byte)).join('');
  if (encoding === 'base64' || encoding === 'base64url') {
    let out = '';
    for (let at = 0; at < bytes.length; at += 3) {
      const bits = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      for (let k = 0; k < 4; k++) out += at + k - 1 < bytes.length || k < 2 ? BASE64[(bits >> (18 - 6 * k)) & 63] : '=';
    }
    return encoding === 'base64' ? out : out.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }
  return call('decode', toBytes(bytes));
};
globalThis.Buffer = Buffer;
globalThis.atob = (text) => decodeBytes(encodeText(String(text), 'base64'), 'latin1');
globalThis.btoa = (text) => decodeBytes(encodeText(String(text), 'latin1'), 'base64');
globalThis.TextEncoder = class TextEncoder { encoding = 'utf-8'; encode(text = '') { return encodeText(String(text)); } };
globalThis.TextDecoder = class TextDecoder { encoding = 'utf-8'; decode(bytes) { return bytes === undefined ? '' : decodeBytes(new Uint8Array(toBytes(bytes))); } };
globalThis.structuredClone = (value) => {
  const seen = new Map();
  const copy = (each) => {
    if (typeof each === 'function') throw new Error('function could not be cloned');
    if (each === null || typeof each !== 'object') return each;
    if (seen.has(each)) return seen.get(each);
    if (each instanceof NativeDate) return new Date(each.getTime());
    const out = Array.isArray(each) ? [] : each instanceof Map ? new Map() : each instanceof Set ? new Set() : {};
    seen.set(each, out);
    if (each instanceof Map) for (const [key, item] of each) out.set(copy(key), copy(item));
    else if (each instanceof Set) for (const item of each) out.add(copy(item));
    else for (const key of Object.keys(each)) out[key] = copy(each[key]);
    return out;
  };
  return copy(value);
};
define('buffer', () => ({ Buffer, atob, btoa }));
define('string_decoder', () => ({ StringDecoder: class StringDecoder { write(bytes) { return bytes.toString(); } end(bytes) { return bytes?.toString() ?? ''; } } }));

/* URLs are parsed by the host. */
class URLSearchParams {
  #list = [];
  #changed;
  constructor(from = '', changed) {
    this.#changed = changed;
    if (typeof from === 'string') {
      for (const part of from.replace(/^\?/, '').split('&')) {
        if (part === '') continue;
        const equals = part.indexOf('=');
        const plain = (text) => { const spaced = text.replace(/\+/g, ' '); try { return decodeURIComponent(spaced); } catch { return spaced; } };
        this.#list.push(equals < 0 ? [plain(part), ''] : [plain(part.slice(0, equals)), plain(part.slice(equals + 1))]);
      }
    } else for (const [key, value] of typeof from[Symbol.iterator] === 'function' ? from : Object.entries(from)) this.#list.push([String(key), String(value)]);
  }
  get size() { return this.#list.length; }
  get(name) { return this.#list.find(([key]) => key === name)?.[1] ?? null; }
  getAll(name) { return this.#list.filter(([key]) => key === name).map(([, value]) => value); }
  has(name) { return this.#list.some(([key]) => key === name); }
  append(name, value) { this.#list.push([String(name), String(value)]); this.#changed?.(); }
  set(name, value) {
    const at = this.#list.findIndex(([key]) => key === name);
    this.#list = this.#list.filter(([key], index) => key !== name || index === at);
    if (at < 0) this.#list.push([String(name), String(value)]); else this.#list[at][1] = String(value);
    this.#changed?.();
  }
  delete(name) { this.#list = this.#list.filter(([key]) => key !== name); this.#changed?.(); }
  sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed?.(); }
  forEach(visit) { for (const [key, value] of this.#list) visit(value, key, this); }
  keys() { return this.#list.map(([key]) => key)[Symbol.iterator](); }
  values() { return this.#list.map(([, value]) => value)[Symbol.iterator](); }
  entries() { return this.#list.map((pair) => [...pair])[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  toString() {
    const escape = (text) => encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()~]/g, (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase());
    return this.#list.map(([key, value]) => escape(key) + '=' + escape(value)).join('&');
  }
}
class URL {
  #parts;
  #params;
  constructor(text, base) { this.#parse(String(text), base === undefined ? '' : String(base)); }
  #parse(text, base) { this.#parts = JSON.parse(call('url', text, base)); this.#params = undefined; }
  static canParse(text, base) { try { return Boolean(new URL(text, base)); } catch { return false; } }
  get searchParams() {
    return (this.#params ??= new URLSearchParams(this.#parts.search, () => { const params = this.#params; this.search = params.toString(); this.#params = params; }));
  }
  get origin() { return this.#parts.origin; }
  get href() { return this.#parts.href; }
  set href(value) { this.#parse(String(value), ''); }
  toString() { return this.href; }
  toJSON() { return this.href; }
}
for (const part of ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'])
  Object.defineProperty(URL.prototype, part, {
    get() { return JSON.parse(call('url', this.href, ''))[part]; },
    set(value) { this.href = call('url-set', this.href, part, String(value)); },
    enumerable: true, configurable: true,
  });
Object.assign(globalThis, { URL, URLSearchParams });
define('url', () => ({
  URL, URLSearchParams,
  parse: (text, query) => {
    const url = new URL(text, 'http://host');
    const { pathname, search, hash } = url;
    const own = /^[a-z]+:/i.test(text);
    return { protocol: own ? url.protocol : null, host: own ? url.host : null, hostname: own ? url.hostname : null, port: own ? url.port || null : null, pathname, search: search || null, hash: hash || null, path: pathname + search, href: text, query: query ? Object.fromEntries(url.searchParams) : search.slice(1) || null };
  },
  fileURLToPath: (url) => decodeURIComponent(String(url.href ?? url).replace(/^file:\/\//, '')),
  pathToFileURL: (path) => new URL('file://' + builtin('path').resolve(path)),
  format: (url) => url.href ?? (url.protocol ?? '') + '//' + (url.host ?? url.hostname) + (url.pathname ?? '') + (url.search ?? ''),
}));
define('querystring', () => ({
  parse: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringify: (value) => new URLSearchParams(value).toString(),
}));

define('path', () => {
  const normal = (path) => {
    const rooted = path.startsWith('/');
    const out = [];
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..' && out.length && out.at(-1) !== '..') out.pop();
      else if (part !== '..' || !rooted) out.push(part);
    }
    return (rooted ? '/' : '') + out.join('/') + (path.endsWith('/') && out.length ? '/' : '') || (rooted ? '/' : '.');
  };
  const path = {
    sep: '/', delimiter: ':',
    normalize: normal,
    join: (...parts) => normal(parts.filter((part) => part !== '').join('/')),
    resolve: (...parts) => {
      let out = '';
      for (const part of parts.toReversed()) { if (part === '') continue; out = part + (out ? '/' + out : ''); if (part.startsWith('/')) break; }
      return normal(out.startsWith('/') ? out : process.cwd() + '/' + out).replace(/(.)\/$/, '$1');
    },
    dirname: (path) => { const at = path.replace(/\/+$/, '').lastIndexOf('/'); return at < 0 ? '.' : at === 0 ? '/' : path.slice(0, at); },
    basename: (path, suffix = '') => { const name = path.replace(/\/+$/, '').split('/').at(-1); return suffix && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name; },
    extname: (path) => /[^/.][^/]*?(\.[^./]*)$/.exec(path)?.[1] ?? '',
    isAbsolute: (path) => path.startsWith('/'),
    relative: (from, to) => {
      const a = path.resolve(from).split('/').filter(Boolean), b = path.resolve(to).split('/').filter(Boolean);
      let same = 0;
      while (same < a.length && a[same] === b[same]) same++;
      return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
    },
    parse: (text) => { const base = path.basename(text), ext = path.extname(text); return { root: text.startsWith('/') ? '/' : '', dir: path.dirname(text), base, ext, name: base.slice(0, base.length - ext.length) }; },
    format: ({ dir, root = '', base, name = '', ext = '' }) => (dir ? dir + '/' : root) + (base ?? name + ext),
  };
  path.posix = path;
  return path;
});

define('util', () => {
  const quote = (text) => (text.includes("'") ? JSON.stringify(text) : "'" + text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\t/g, '\\t') + "'");
  const key = (name) => (typeof name === 'symbol' ? '[' + String(name) + ']' : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));
  const inspect = (value, options = {}, depth = 0, seen = []) => {
    const limit = options?.depth === null ? Infinity : (options?.depth ?? 2);
    switch (typeof value) {
      case 'string': return quote(value);
      case 'bigint': return value + 'n';
      case 'symbol': return String(value);
      case 'function': return /^class\b/.test(Function.prototype.toString.call(value)) ? '[class ' + (value.name || '(anonymous)') + ']' : '[Function' + (value.name ? ': ' + value.name : ' (anonymous)') + ']';
      case 'object': break;
      default: return Object.is(value, -0) ? '-0' : String(value);
    }
    if (value === null) return 'null';
    if (seen.includes(value)) return '[Circular *1]';
    if (value instanceof NativeDate) return isNaN(value) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Error) return errorText(value);
    const name = value.constructor?.name;
    if (depth > limit) return Array.isArray(value) ? '[Array]' : '[' + (name || 'Object') + ']';
    const next = (each) => inspect(each, options, depth + 1, [...seen, value]);
    if (value instanceof Promise) return 'Promise { <pending> }';
    if (value instanceof Buffer) return '<Buffer ' + [...value.subarray(0, 50)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') + (value.length > 50 ? ' ... ' + (value.length - 50) + ' more bytes' : '') + '>';
    let items, open = '{', close = '}', prefix = '';
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      [open, close] = ['[', ']'];
      if (!Array.isArray(value)) prefix = name + '(' + value.length + ') ';
      items = [...value].slice(0, 100).map(next);
      if (value.length > 100) items.push('... ' + (value.length - 100) + ' more items');
    } else if (value instanceof Map) { prefix = 'Map(' + value.size + ') '; items = [...value].map(([k, v]) => next(k) + ' => ' + next(v)); }
    else if (value instanceof Set) { prefix = 'Set(' + value.size + ') '; items = [...value].map(next); }
    else {
      if (Object.getPrototypeOf(value) === null) prefix = '[Object: null prototype] ';
      else if (name && name !== 'Object') prefix = name + ' ';
      items = Object.keys(value).map((each) => {
        const described = Object.getOwnPropertyDescriptor(value, each);
        return key(each) + ': ' + (described.get ? (described.set ? '[Getter/Setter]' : '[Getter]') : next(described.value));
      });
    }
    if (items.length === 0) return prefix + open + close;
    const line = prefix + open + ' ' + items.join(', ') + ' ' + close;
    const pad = '  '.repeat(depth + 1);
    return line.length <= 72 && !line.includes('\n') ? line : prefix + open + '\n' + pad + items.join(',\n' + pad) + '\n' + '  '.repeat(depth) + close;
  };
  const errorText = (error) => {
    const head = (error.name || 'Error') + (error.message ? ': ' + error.message : '');
    const stack = stackOf(error).trimEnd();
    const extra = Object.keys(error).map((each) => '  ' + each + ': ' + inspect(error[each]));
    return head + (stack ? '\n' + stack : '') + (error.cause ? ' {\n  [cause]: ' + inspect(error.cause) + '\n}' : extra.length ? ' {\n' + extra.join(',\n') + '\n}' : '');
  };
  const format = (...args) => {
    let rest = args, out = '';
    if (typeof args[0] === 'string') {
      rest = args.slice(1);
      out = args[0].replace(/%[sdifjoOc%]/g, (mark) => {
        if (mark === '%%') return '%';
        if (rest.length === 0) return mark;
        const value = rest.shift();
        if (mark === '%s') return typeof value === 'object' && value !== null ? inspect(value, { depth: 0 }) : String(value);
        if (mark === '%d') return String(Number(value));
        if (mark === '%i') return String(parseInt(value));
        if (mark === '%f') return String(parseFloat(value));
        if (mark === '%j') return JSON.stringify(value);
        return mark === '%c' ? '' : inspect(value);
      });
      if (rest.length) out += ' ';
    }
    return out + rest.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
  };
  return {
    inspect, format,
    promisify: (original) => (...args) => new Promise((resolve, reject) => original(...args, (error, value) => (error ? reject(error) : resolve(value)))),
    inherits: (child, parent) => Object.setPrototypeOf(child.prototype, parent.prototype),
    isDeepStrictEqual: (a, b) => inspect(a, { depth: null }) === inspect(b, { depth: null }),
    types: { isPromise: (value) => value instanceof Promise, isDate: (value) => value instanceof NativeDate },
    deprecate: (original) => original,
    parseArgs: ({ args = process.argv.slice(2), options = {}, allowPositionals = false } = {}) => {
      const values = {}, positionals = [];
      for (const [name, { default: initial }] of Object.entries(options)) if (initial !== undefined) values[name] = initial;
      for (let at = 0; at < args.length; at++) {
        const match = /^--([^=]+)(?:=(.*))?$/.exec(args[at]) ?? (/^-\w$/.test(args[at]) ? [0, Object.keys(options).find((each) => options[each].short === args[at][1])] : undefined);
        if (!match) { if (!allowPositionals) throw failWith('ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL', "Unexpected argument '" + args[at] + "'", TypeError); positionals.push(args[at]); continue; }
        const option = options[match[1]];
        if (!option) throw failWith('ERR_PARSE_ARGS_UNKNOWN_OPTION', "Unknown option '" + args[at] + "'", TypeError);
        const value = option.type === 'boolean' ? true : (match[2] ?? args[++at]);
        values[match[1]] = option.multiple ? [...(values[match[1]] ?? []), value] : value;
      }
      return { values, positionals };
    },
  };
});
define('os', () => ({
  hostname: () => info.hostname, platform: () => 'linux', type: () => 'Linux', arch: () => 'x64', release: () => '6.12.0', EOL: '\n', tmpdir: () => '/tmp',
  homedir: () => process.env.HOME ?? '/', cpus: () => [{ model: 'slipway', speed: 0, times: {} }], availableParallelism: () => 1, uptime: process.uptime, loadavg: () => [0, 0, 0],
  totalmem: () => 8589934592, freemem: () => 4294967296, userInfo: () => ({ ...info.user, username: process.env.USER ?? 'node', homedir: process.env.HOME ?? '/' }),
  networkInterfaces: () => ({ lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }], eth0: info.addresses.map((address) => ({ address, family: 'IPv4', internal: false })) }),
  constants: { signals: SIGNALS },
}));
define('crypto', () => {
  const randomBytes = (size) => Buffer.from(Array.from({ length: size }, () => Math.floor(Math.random() * 256)));
  const randomUUID = () => { const b = randomBytes(16); b[6] = (b[6] & 15) | 64; b[8] = (b[8] & 63) | 128; return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'); };
  return {
    randomBytes, randomUUID,
    randomInt: (low, high) => (high === undefined ? Math.floor(Math.random() * low) : low + Math.floor(Math.random() * (high - low))),
    getRandomValues: (array) => { for (let at = 0; at < array.length; at++) array[at] = Math.floor(Math.random() * 2 ** 32); return array; },
    createHash: (algorithm) => {
      if (algorithm !== 'sha256' && algorithm !== 'md5') throw failWith('ERR_CRYPTO_INVALID_DIGEST', 'Digest method not supported here: ' + algorithm + ' (sha256 and md5 are)');
      const chunks = [];
      const hash = { update: (data) => { chunks.push(Buffer.from(data)); return hash; }, digest: (encoding) => { const bytes = Buffer.from(call('hash', algorithm, toBytes(Buffer.concat(chunks))), 'hex'); return encoding ? bytes.toString(encoding) : bytes; } };
      return hash;
    },
    timingSafeEqual: (a, b) => Buffer.from(a).equals(b),
    webcrypto: { randomUUID },
  };
});
globalThis.crypto = { randomUUID: () => builtin('crypto').randomUUID(), getRandomValues: (array) => builtin('crypto').getRandomValues(array) };
define('assert', () => {
  class AssertionError extends Error { name = 'AssertionError'; code = 'ERR_ASSERTION'; }
  const { inspect, isDeepStrictEqual } = builtin('util');
  const check = (holds, message, otherwise) => { if (!holds) throw message instanceof Error ? message : new AssertionError(message ?? otherwise()); };
  const assert = (value, message) => check(value, message, () => 'The expression evaluated to a falsy value');
  const compare = (test, words) => (a, b, message) => check(test(a, b), message, () => words + '\n\n' + inspect(a) + ' ' + inspect(b));
  Object.assign(assert, {
    AssertionError, ok: assert,
    equal: compare((a, b) => a == b, 'Expected values to be loosely equal:'), notEqual: compare((a, b) => a != b, 'Expected values to differ:'),
    strictEqual: compare(Object.is, 'Expected values to be strictly equal:'), notStrictEqual: compare((a, b) => !Object.is(a, b), 'Expected values to differ:'),
    deepEqual: compare(isDeepStrictEqual, 'Expected values to be deeply equal:'), deepStrictEqual: compare(isDeepStrictEqual, 'Expected values to be strictly deep-equal:'),
    fail: (message) => check(false, message, () => 'Failed'),
    throws: (body) => { try { body(); } catch { return; } check(false, undefined, () => 'Missing expected exception.'); },
    match: (text, pattern, message) => check(pattern.test(text), message, () => 'The input did not match ' + pattern),
  });
  assert.strict = assert;
  return assert;
});
define('assert/strict', () => builtin('assert'));
`;
