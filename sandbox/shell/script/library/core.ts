/**
 * Node's library inside the interpreter, first part: the way to the host, modules, errors, events, timers,
 * console, process. It is text, because it runs in the interpreter and not here; no template literals in it.
 */
export const CORE = String.raw`
'use strict';
const call = (op, ...args) => {
  const result = __host(op, ...args);
  if (typeof result === 'string' && result.charCodeAt(0) === 3) {
    const { code, message, extra } = JSON.parse(result.slice(1));
    throw Object.assign(new Error(message), { code }, extra);
  }
  return result;
};
const builtins = new Map();
const loaded = new Map();
const define = (name, factory) => builtins.set(name, factory);
const builtin = (name) => {
  if (!loaded.has(name)) {
    const module = { exports: {} };
    loaded.set(name, module);
    module.exports = builtins.get(name)(module) ?? module.exports;
  }
  return loaded.get(name).exports;
};
const isBuiltin = (name) => builtins.has(name.replace(/^node:/, ''));
const failWith = (code, message, Type = Error) => Object.assign(new Type(message), { code });

/* What keeps the process alive, and what ends it. */
let active = 0;
const hold = () => { let held = true; active++; return () => { if (held) { held = false; active--; } }; };
const uncaught = (error) => {
  if (process.listenerCount('uncaughtException') > 0) { process.emit('uncaughtException', error, 'uncaughtException'); return; }
  call('uncaught', describeError(error), stackOf(error));
  exitNow(1);
};
const stackOf = (error) => (error && typeof error === 'object' && typeof error.stack === 'string' ? error.stack : '');
const describeError = (error) => {
  if (error instanceof Error) {
    const extra = Object.keys(error).filter((key) => key !== 'stack');
    const head = (error.name || 'Error') + (error.message ? ': ' + error.message : '');
    return { toString: () => head }.toString() + '\u0002' + (extra.length ? ' {\n' + extra.map((key) => '  ' + key + ': ' + builtin('util').inspect(error[key])).join(',\n') + '\n}' : '');
  }
  return '\u0001' + builtin('util').inspect(error);
};
const exitNow = (code) => { call('exit', code); for (;;); };
/* A listener that returns a promise: its failure is nobody else's to catch. */
const watchResult = (result) => {
  if (result && typeof result.then === 'function') Promise.prototype.then.call(Promise.resolve(result), undefined, uncaught);
  return result;
};

define('events', () => {
  class EventEmitter {
    _events = new Map();
    on(name, listener) { return this._add(name, listener, false, false); }
    addListener(name, listener) { return this.on(name, listener); }
    prependListener(name, listener) { return this._add(name, listener, false, true); }
    once(name, listener) { return this._add(name, listener, true, false); }
    _add(name, listener, once, first) {
      if (typeof listener !== 'function') throw failWith('ERR_INVALID_ARG_TYPE', 'The "listener" argument must be of type function.', TypeError);
      if (!this._events) this._events = new Map();
      if (name !== 'newListener' && this._events.has('newListener')) this.emit('newListener', name, listener);
      const list = this._events.get(name) ?? [];
      this._events.set(name, first ? [{ listener, once }, ...list] : [...list, { listener, once }]);
      this._changed?.(name);
      return this;
    }
    off(name, listener) {
      const list = this._events?.get(name) ?? [];
      const at = list.findLastIndex((each) => each.listener === listener);
      if (at >= 0) this._events.set(name, list.toSpliced(at, 1));
      this._changed?.(name);
      return this;
    }
    removeListener(name, listener) { return this.off(name, listener); }
    removeAllListeners(name) {
      if (name === undefined) this._events = new Map(); else this._events?.delete(name);
      this._changed?.(name);
      return this;
    }
    emit(name, ...args) {
      const list = this._events?.get(name) ?? [];
      if (list.length === 0) {
        if (name !== 'error') return false;
        throw args[0] instanceof Error ? args[0] : failWith('ERR_UNHANDLED_ERROR', 'Unhandled error. (' + String(args[0]) + ')');
      }
      for (const { listener, once } of list) {
        if (once) this.off(name, listener);
        watchResult(listener.apply(this, args));
      }
      return true;
    }
    listenerCount(name) { return this._events?.get(name)?.length ?? 0; }
    listeners(name) { return (this._events?.get(name) ?? []).map(({ listener }) => listener); }
    eventNames() { return [...(this._events?.keys() ?? [])]; }
    setMaxListeners() { return this; }
    getMaxListeners() { return 10; }
  }
  EventEmitter.EventEmitter = EventEmitter;
  EventEmitter.defaultMaxListeners = 10;
  EventEmitter.once = (emitter, name) => new Promise((resolve, reject) => {
    const fail = (error) => { emitter.off(name, done); reject(error); };
    const done = (...args) => { emitter.off('error', fail); resolve(args); };
    emitter.once(name, done);
    if (name !== 'error') emitter.once('error', fail);
  });
  return EventEmitter;
});
const EventEmitter = builtin('events');

/* Timers run on the machine's clock. */
const timers = new Map();
let nextTimer = 1;
class Timeout {
  constructor(callback, delay, args, repeats) {
    if (typeof callback !== 'function') throw failWith('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function. Received ' + builtin('util').inspect(callback), TypeError);
    Object.assign(this, { callback, delay: Math.max(1, Number(delay) || 1), args, repeats, id: nextTimer++ });
    this.release = hold();
    this.refresh();
  }
  refresh() { timers.set(this.id, this); call('timer', this.id, this.delay); return this; }
  ref() { return this; }
  unref() { this.release(); return this; }
  hasRef() { return true; }
  close() { clear(this); return this; }
  [Symbol.toPrimitive]() { return this.id; }
}
const clear = (timer) => {
  const found = typeof timer === 'object' && timer ? timer : timers.get(Number(timer));
  if (!found || !timers.delete(found.id)) return;
  call('timer-clear', found.id);
  found.release();
};
const fireTimer = (id) => {
  const timer = timers.get(id);
  if (!timer) return;
  if (timer.repeats) call('timer', id, timer.delay);
  else { timers.delete(id); timer.release(); }
  watchResult(timer.callback(...timer.args));
};
globalThis.setTimeout = (callback, delay, ...args) => new Timeout(callback, delay, args, false);
globalThis.setInterval = (callback, delay, ...args) => new Timeout(callback, delay, args, true);
globalThis.setImmediate = (callback, ...args) => new Timeout(callback, 0, args, false);
globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clear;
globalThis.queueMicrotask = (callback) => { Promise.resolve().then(callback).catch(uncaught); };
define('timers', () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }));
const wait = (delay, value, { signal } = {}) => new Promise((resolve, reject) => {
  if (signal?.aborted) { reject(signal.reason); return; }
  const timer = setTimeout(() => resolve(value), delay);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); });
});
define('timers/promises', () => ({
  setTimeout: wait,
  setImmediate: (value) => wait(0, value),
  async *setInterval(delay, value) { for (;;) { await wait(delay); yield value; } },
  scheduler: { wait },
}));

/* The clock is the machine's, too. */
const NativeDate = Date;
globalThis.Date = class Date extends NativeDate {
  constructor(...args) { if (args.length === 0) super(call('now')); else super(...args); }
  static now() { return call('now'); }
};
const startedMs = call('now');
globalThis.performance = { now: () => call('now') - startedMs, timeOrigin: startedMs, mark() {}, measure() {} };
let seed = call('seed') >>> 0;
Math.random = () => {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const info = JSON.parse(call('info'));
const process = new EventEmitter();
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGUSR1: 10, SIGUSR2: 12, SIGTERM: 15, SIGCONT: 18, SIGTSTP: 20, SIGWINCH: 28 };
process._changed = (name) => {
  if (typeof name === 'string' && name.startsWith('SIG'))
    call('signals', process.eventNames().filter((each) => String(each).startsWith('SIG') && process.listenerCount(each) > 0).map((each) => each.slice(3)).join(' '));
};
Object.assign(process, {
  argv: info.argv, argv0: 'node', execPath: '/usr/local/bin/node', execArgv: [], title: 'node',
  env: new Proxy(info.environment, { set(target, key, value) { target[key] = String(value); return true; } }),
  pid: info.pid, ppid: info.parentPid, platform: 'linux', arch: 'x64', exitCode: undefined,
  version: info.version, versions: { node: info.version.slice(1), quickjs: '2025-09' }, release: { name: 'node' }, config: {}, features: {},
  cwd: () => info.directory, chdir: (path) => { info.directory = builtin('path').resolve(path); },
  getuid: () => info.user.uid, getgid: () => info.user.gid, geteuid: () => info.user.uid, getegid: () => info.user.gid, umask: () => 0o22,
  uptime: () => (call('now') - startedMs) / 1000,
  hrtime: Object.assign((from) => {
    const ms = call('now') - startedMs;
    const now = [Math.floor(ms / 1000), (ms % 1000) * 1e6];
    return from ? [now[0] - from[0] - (now[1] < from[1] ? 1 : 0), (now[1] - from[1] + 1e9) % 1e9] : now;
  }, { bigint: () => BigInt(Math.round((call('now') - startedMs) * 1e6)) }),
  memoryUsage: Object.assign(() => ({ rss: 41943040, heapTotal: 8388608, heapUsed: 4194304, external: 0, arrayBuffers: 0 }), { rss: () => 41943040 }),
  cpuUsage: () => ({ user: 0, system: 0 }), resourceUsage: () => ({}), emitWarning: (warning) => { process.stderr.write('(node:' + info.pid + ') ' + (warning?.name ?? 'Warning') + ': ' + (warning?.message ?? warning) + '\n'); },
  nextTick: (callback, ...args) => queueMicrotask(() => callback(...args)),
  exit: (code) => {
    if (code !== undefined) process.exitCode = code;
    if (!process._exiting) { process._exiting = true; process.emit('exit', Number(process.exitCode ?? 0)); }
    exitNow(Number(process.exitCode ?? 0));
  },
  abort: () => exitNow(134),
  kill: (pid, signal = 'SIGTERM') => {
    const name = typeof signal === 'number' ? Object.keys(SIGNALS).find((each) => SIGNALS[each] === signal) : signal;
    if (signal !== 0) call('raise', pid, String(name).slice(3));
    return true;
  },
});
const writer = (fd) => {
  const stream = new EventEmitter();
  return Object.assign(stream, {
    fd, writable: true, isTTY: info.terminal ? true : undefined, columns: info.terminal?.columns, rows: info.terminal?.rows,
    write(chunk, encoding, done) {
      call('write', fd, typeof chunk === 'string' ? chunk : toBytes(chunk));
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback) queueMicrotask(callback);
      return true;
    },
    end(chunk) { if (chunk !== undefined) stream.write(chunk); },
    cork() {}, uncork() {}, hasColors: () => false, getColorDepth: () => 1,
  });
};
process.stdout = writer(1);
process.stderr = writer(2);
globalThis.process = process;
globalThis.global = globalThis;
define('process', () => process);

const printed = (args) => builtin('util').format(...args) + '\n';
let indent = '';
const toOut = (...args) => call('write', 1, printed(args).replace(/^(?=.)/gm, indent));
const toErr = (...args) => call('write', 2, printed(args).replace(/^(?=.)/gm, indent));
const counts = new Map();
const clocks = new Map();
globalThis.console = {
  log: toOut, info: toOut, debug: toOut, error: toErr, warn: toErr,
  trace: (...args) => toErr('Trace:', ...args),
  dir: (value) => toOut(builtin('util').inspect(value)),
  table: (value) => toOut(value),
  assert: (holds, ...args) => { if (!holds) toErr('Assertion failed' + (args.length ? ':' : ''), ...args); },
  group: (...args) => { if (args.length) toOut(...args); indent += '  '; },
  groupEnd: () => { indent = indent.slice(2); },
  count: (label = 'default') => { counts.set(label, (counts.get(label) ?? 0) + 1); toOut(label + ': ' + counts.get(label)); },
  time: (label = 'default') => { clocks.set(label, call('now')); },
  timeEnd: (label = 'default') => { toOut(label + ': ' + (call('now') - (clocks.get(label) ?? call('now'))).toFixed(3) + 'ms'); clocks.delete(label); },
  timeLog: (label = 'default', ...args) => toOut(label + ': ' + (call('now') - (clocks.get(label) ?? call('now'))).toFixed(3) + 'ms', ...args),
};
define('console', () => console);
`;
