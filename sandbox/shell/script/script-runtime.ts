/**
 * One script in its interpreter: QuickJS in WebAssembly with Node's library (`library/`) around it. It holds at
 * most 64 MiB, is interrupted when it is to end, and its CPU time is counted in the interpreter's own steps, so
 * that runs repeat. Left out: promises that are rejected with nobody listening (the engine does not tell), except
 * where an event's listener or the main module returned them.
 */
import releaseVariant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten-core';
import { decode, encode } from '../../core/bytes.ts';
import { HTTP_STATUS_PHRASES } from '../../core/http-status.ts';
import { Errno } from '../../os/errno.ts';
import { joinPath } from '../../os/path.ts';
import { Md5, Sha256 } from '../commands/digest.ts';
import { CORE } from './library/core.ts';
import { DATA } from './library/data.ts';
import { IO } from './library/io.ts';
import { ModuleResolver } from './module-resolver.ts';
import { ScriptDisk } from './script-disk.ts';
import type { FileOperation, FromScript, ScriptEvent, ScriptStart } from './script-protocol.ts';

export const NODE_VERSION = 'v24.11.1';
const MEMORY_LIMIT_BYTES = 64 * 1024 * 1024;
const STACK_BYTES = 512 * 1024;
/** The interpreter looks up from its work every ten thousand steps. */
const INTERRUPT_MS = 0.2;
/** … and tells what it has used when that comes to this much. */
const REPORT_MS = 20;
/** A turn of the event loop costs this at least. */
const TURN_MS = 0.05;
const OUT_OF_MEMORY = 134;

/** What goes out, without the script's number. */
type Told = FromScript extends infer Message
  ? Message extends { id: number }
    ? Omit<Message, 'id'>
    : never
  : never;

/** An interpreter that has read Node's library and has run nothing yet. */
interface Interpreter {
  runtime: QuickJSRuntime;
  context: QuickJSContext;
  /** Puts the library in place. */
  library: QuickJSHandle;
}

/** Made ahead: one takes longer to make than a small script runs. */
const spares: Promise<Interpreter>[] = [];

async function makeInterpreter(): Promise<Interpreter> {
  // A module each, with a memory of its own: one that has run out of it cannot harm another.
  const quickjs = await newQuickJSWASMModuleFromVariant(releaseVariant);
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(MEMORY_LIMIT_BYTES);
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext();
  const library = context.unwrapResult(context.evalCode(`(() => {${CORE}${DATA}${IO}})`, 'node:internal'));
  return { runtime, context, library };
}

/** The next `count` scripts find interpreters that are ready; resolves when they are. */
export async function prepareScripts(count = 1): Promise<void> {
  while (spares.length < count) spares.push(makeInterpreter());
  // Whoever needs one hears of a failure.
  await Promise.allSettled(spares);
}

/** Starts a script. `tell` hears what it asks for; the last is `exit`. */
export async function startScript(start: ScriptStart, tell: (message: Told) => void): Promise<ScriptRuntime> {
  return new ScriptRuntime(await (spares.shift() ?? makeInterpreter()), start, tell);
}

export class ScriptRuntime {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #library: QuickJSHandle;
  readonly #start: ScriptStart;
  readonly #tell: (message: Told) => void;
  readonly #disk: ScriptDisk;
  readonly #modules: ModuleResolver;
  #nowMs: number;
  #usedMs = 0;
  #exitCode: number | undefined;
  #finished = false;

  constructor({ runtime, context, library }: Interpreter, start: ScriptStart, tell: (message: Told) => void) {
    this.#runtime = runtime;
    this.#start = start;
    this.#tell = tell;
    this.#nowMs = start.nowMs;
    this.#disk = new ScriptDisk(start);
    this.#modules = new ModuleResolver(this.#disk);
    runtime.setInterruptHandler(() => {
      this.#use(INTERRUPT_MS);
      return this.#exitCode !== undefined;
    });
    runtime.setModuleLoader(
      (path) => this.#moduleSource(path),
      (from, name) => this.#modules.resolve(from, name),
    );
    this.#context = context;
    this.#library = library;
    this.#install();
  }

  /** Runs the script up to its first wait. */
  begin(): void {
    const { source } = this.#start;
    const loaded = this.#check(this.#context.callFunction(this.#library, this.#context.undefined));
    this.#library.dispose();
    if (!loaded) return this.#settle();
    if ('file' in source) {
      if (this.#modules.isModule(source.file))
        this.#evaluateModule(this.#disk.read(source.file), source.file);
      else this.#call('__start', source.file);
    } else if (source.module) this.#evaluateModule(source.text, joinPath(this.#start.directory, '[eval1]'));
    else this.#call('__startText', source.print);
    this.#settle();
  }

  /** An event from outside. */
  hear(event: ScriptEvent, nowMs: number): void {
    if (this.#finished) return;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    if (event.kind === 'file') this.#disk.take(event.path, event.record);
    const { bytes, ...rest } = withBytes(event);
    const context = this.#context;
    const dispatch = context.getProp(context.global, '__dispatch');
    const args = [context.newString(event.kind), context.newString(JSON.stringify(rest))];
    if (bytes) args.push(context.newArrayBuffer(bytes.slice().buffer));
    const result = context.callFunction(dispatch, context.undefined, ...args);
    for (const handle of [dispatch, ...args]) handle.dispose();
    this.#check(result);
    this.#settle();
  }

  /** Ends it, whatever it is doing. */
  dispose(): void {
    this.#finished = true;
    if (this.#library.alive) this.#library.dispose();
    this.#context.dispose();
    this.#runtime.dispose();
  }

  get finished(): boolean {
    return this.#finished;
  }

  // ---- turns of the event loop

  /** Runs what promises are waiting for, then looks whether anything keeps the script alive. */
  #settle(): void {
    for (;;) {
      while (this.#exitCode === undefined && this.#runtime.hasPendingJob()) {
        const result = this.#runtime.executePendingJobs();
        if (result.error) this.#uncaught(result.error);
        else result.dispose();
      }
      if (this.#exitCode === undefined && Number(this.#call('__alive')) === 0) {
        const code = Number(this.#call('__end'));
        if (code >= 0) this.#exitCode ??= code;
        else continue;
      }
      break;
    }
    this.#use(TURN_MS);
    if (this.#exitCode === undefined || this.#finished) return;
    this.#report();
    this.#finished = true;
    this.#tell({ kind: 'exit', exitCode: this.#exitCode });
  }

  #use(cpuMs: number): void {
    this.#usedMs += cpuMs;
    this.#nowMs += cpuMs;
    if (this.#usedMs >= REPORT_MS) this.#report();
  }

  #report(): void {
    this.#tell({ kind: 'used', cpuMs: this.#usedMs });
    this.#usedMs = 0;
  }

  #evaluateModule(code: string, name: string): void {
    const result = this.#context.evalCode(code, name, { type: 'module' });
    if (result.error) return this.#uncaught(result.error);
    // The module's promise: its failure is the script's.
    const context = this.#context;
    const catching = context.unwrapResult(
      context.evalCode(
        '(value) => { if (value && typeof value.then === "function") value.then(undefined, __uncaught); }',
      ),
    );
    const called = context.callFunction(catching, context.undefined, result.value);
    catching.dispose();
    result.value.dispose();
    this.#check(called);
  }

  #call(name: string, argument?: string | boolean): unknown {
    const context = this.#context;
    const callee = context.getProp(context.global, name);
    const args =
      argument === undefined
        ? []
        : [
            typeof argument === 'string'
              ? context.newString(argument)
              : argument
                ? context.true
                : context.false,
          ];
    const result = context.callFunction(callee, context.undefined, ...args);
    callee.dispose();
    for (const handle of args) if (typeof argument === 'string') handle.dispose();
    if (result.error) {
      this.#uncaught(result.error);
      return undefined;
    }
    const value: unknown = context.dump(result.value);
    result.value.dispose();
    return value;
  }

  #check(result: { error?: QuickJSHandle | undefined; value?: QuickJSHandle }): boolean {
    if (result.error) {
      this.#uncaught(result.error);
      return false;
    }
    result.value?.dispose();
    return true;
  }

  /** An error that reached the top: the script's own handler hears of it, or it ends. */
  #uncaught(error: QuickJSHandle): void {
    const context = this.#context;
    if (this.#exitCode !== undefined) return error.dispose();
    const dumped = context.dump(error) as { name?: string; message?: string } | undefined;
    if (dumped?.name === 'InternalError' && dumped.message === 'out of memory') {
      error.dispose();
      this.#print(2, 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n');
      this.#exitCode = OUT_OF_MEMORY;
      return;
    }
    const handler = context.getProp(context.global, '__uncaught');
    if (context.typeof(handler) === 'function') {
      const result = context.callFunction(handler, context.undefined, error);
      if (result.error) result.error.dispose();
      else result.value.dispose();
    } else {
      this.#print(2, `${dumped?.name}: ${dumped?.message}\n`);
      this.#exitCode = 1;
    }
    handler.dispose();
    error.dispose();
  }

  /** As Node tells of an error that nobody caught. */
  #describe(described: string, stack: string): string {
    const version = `\nNode.js ${NODE_VERSION}\n`;
    if (described.startsWith('\u0001')) {
      return `node:internal/process/promises:394\n      triggerUncaughtException(err, true /* fromPromise */);\n      ^\n\nUncaught:\n${described.slice(1)}\n(Use \`node --trace-uncaught ...\` to show where the exception was thrown)\n${version}`;
    }
    const [head = '', extra = ''] = described.split('\u0002');
    const frames = stack
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.includes('node:internal') && !line.includes('(native)'));
    const place = /\(?((?:\/|\[)[^():]*):(\d+)(?::(\d+))?\)?\s*$/.exec(frames[0] ?? '');
    let where = '';
    if (place) {
      const line = this.#lineOf(place[1]!, Number(place[2]));
      const column = Math.max(0, Number(place[3] ?? 1) - 1);
      where = `${place[1]}:${place[2]}\n${line}\n${' '.repeat(column)}^\n\n`;
    }
    return `${where}${head}\n${frames.map((line) => `${line}\n`).join('')}${extra ? `${extra.trimStart()}\n` : ''}${version}`;
  }

  #lineOf(path: string, line: number): string {
    const { source } = this.#start;
    try {
      const text = 'text' in source && path.startsWith('[') ? source.text : this.#disk.read(path);
      return text.split('\n')[line - 1] ?? '';
    } catch {
      return '';
    }
  }

  #print(fd: number, text: string): void {
    this.#tell({ kind: 'output', fd, bytes: encode(text) });
  }

  // ---- modules

  #moduleSource(path: string): string | { error: Error } {
    if (path.startsWith('node:')) {
      const context = this.#context;
      const keys = context.evalCode(`Object.keys(__builtin(${JSON.stringify(path.slice(5))})).join(' ')`);
      if (keys.error) {
        const { message } = context.dump(keys.error) as { message: string };
        keys.error.dispose();
        return { error: new Error(message) };
      }
      const names = context.getString(keys.value).split(' ');
      keys.value.dispose();
      return (
        `const m = __builtin(${JSON.stringify(path.slice(5))});\nexport default m;\n` +
        names
          .filter(isExportable)
          .map((name) => `export const ${name} = m.${name};\n`)
          .join('')
      );
    }
    if (path.endsWith('.json')) return `export default ${this.#disk.read(path)};\n`;
    if (this.#modules.isModule(path)) return this.#disk.read(path);
    const names = [...this.#disk.read(path).matchAll(/\bexports\.([A-Za-z_$][\w$]*)\s*=/g)].map(
      (match) => match[1]!,
    );
    return (
      `const m = __requireFile(${JSON.stringify(path)});\nexport default m;\n` +
      [...new Set(names)]
        .filter(isExportable)
        .map((name) => `export const ${name} = m.${name};\n`)
        .join('')
    );
  }

  // ---- what the library asks for

  #install(): void {
    const context = this.#context;
    const host = context.newFunction('__host', (...handles) => {
      const args = handles.map((handle): string | number | Uint8Array => {
        const type = context.typeof(handle);
        if (type === 'string') return context.getString(handle);
        if (type === 'number') return context.getNumber(handle);
        const buffer = context.getArrayBuffer(handle);
        const bytes = buffer.value.slice();
        buffer.dispose();
        return bytes;
      });
      try {
        const result = this.#host(args[0] as string, args.slice(1));
        if (result === undefined) return context.undefined;
        if (typeof result === 'number') return context.newNumber(result);
        if (typeof result === 'string') return context.newString(result);
        return context.newArrayBuffer(result.slice().buffer);
      } catch (error) {
        // Strings end at a NUL on their way in and out of the interpreter: other marks than that.
        return context.newString(`\u0003${JSON.stringify(failureOf(error, args))}`);
      }
    });
    const compile = context.newFunction('__compile', (handle) => {
      const file = context.getString(handle);
      const { source } = this.#start;
      const isText = file === '' && 'text' in source;
      const text = isText ? source.text : this.#disk.read(file).replace(/^#!.*/, '');
      // On one line with the code, so that lines are those of the file; -p prints the last expression's value.
      const body = isText && source.print ? `return eval(${JSON.stringify(text)});` : text;
      const result = context.evalCode(
        `(function (exports, require, module, __filename, __dirname) {${body}\n})`,
        isText ? '[eval]' : file,
      );
      return result.error ? { error: result.error } : result.value;
    });
    context.setProp(context.global, '__host', host);
    context.setProp(context.global, '__compile', compile);
    host.dispose();
    compile.dispose();
  }

  #host(op: string, args: (string | number | Uint8Array)[]): string | number | Uint8Array | undefined {
    const text = (at: number) => args[at] as string;
    const number = (at: number) => args[at] as number;
    const bytes = (at: number) => args[at] as Uint8Array;
    const tell = this.#tell;
    switch (op) {
      case 'now':
        return Math.floor(this.#nowMs);
      case 'seed':
        return this.#start.seed;
      case 'info': {
        const { argv, environment, pid, parentPid, directory, user, hostname, addresses, terminal, source } =
          this.#start;
        const file = 'file' in source ? [source.file] : [];
        return JSON.stringify({
          argv: ['/usr/local/bin/node', ...file, ...argv],
          version: NODE_VERSION,
          environment,
          pid,
          parentPid,
          directory,
          user,
          hostname,
          addresses,
          terminal,
        });
      }
      case 'status-codes':
        return JSON.stringify(HTTP_STATUS_PHRASES);
      case 'write':
        tell({
          kind: 'output',
          fd: number(0),
          bytes: typeof args[1] === 'string' ? encode(args[1]) : bytes(1),
        });
        return undefined;
      case 'encode':
        return encode(text(0));
      case 'decode':
        return decode(bytes(0));
      case 'hash': {
        const hash = text(0) === 'md5' ? new Md5() : new Sha256();
        hash.update(bytes(1));
        return hash.finish();
      }
      case 'url': {
        const url = text(1) ? new URL(text(0), text(1)) : new URL(text(0));
        const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } =
          url;
        return JSON.stringify({
          href,
          origin,
          protocol,
          username,
          password,
          host,
          hostname,
          port,
          pathname,
          search,
          hash,
        });
      }
      case 'url-set': {
        const url = new URL(text(0));
        (url as unknown as Record<string, string>)[text(1)] = text(2);
        return url.href;
      }
      case 'uncaught':
        this.#print(2, this.#describe(text(0), text(1)));
        return undefined;
      case 'exit':
        this.#exitCode ??= number(0) & 255;
        return undefined;
      case 'timer':
        tell({ kind: 'timer', timer: number(0), delayMs: number(1) });
        return undefined;
      case 'timer-clear':
        tell({ kind: 'timer-clear', timer: number(0) });
        return undefined;
      case 'signals':
        tell({
          kind: 'signals',
          signals: text(0)
            .split(' ')
            .filter((name) => name !== ''),
        });
        return undefined;
      case 'read-stdin':
        tell({ kind: 'read-stdin' });
        return undefined;
      case 'listen':
        tell({ kind: 'listen', server: number(0), port: number(1), address: text(2) });
        return undefined;
      case 'close':
        tell({ kind: 'close', server: number(0) });
        return undefined;
      case 'respond':
        tell({
          kind: 'respond',
          request: number(0),
          status: number(1),
          headers: JSON.parse(text(2)) as Record<string, string>,
        });
        return undefined;
      case 'respond-bytes':
        tell({ kind: 'respond-bytes', request: number(0), bytes: bytes(1) });
        return undefined;
      case 'respond-end':
        tell({ kind: 'respond-bytes', request: number(0), bytes: undefined });
        return undefined;
      case 'respond-abort':
        tell({ kind: 'respond-abort', request: number(0) });
        return undefined;
      case 'fetch':
        tell({
          kind: 'fetch',
          request: number(0),
          ...(JSON.parse(text(1)) as {
            host: string;
            port: number;
            method: string;
            path: string;
            headers: Record<string, string>;
          }),
          body: bytes(2),
        });
        return undefined;
      case 'fetch-abort':
        tell({ kind: 'fetch-abort', request: number(0) });
        return undefined;
      case 'resolve':
        tell({ kind: 'resolve', query: number(0), name: text(1) });
        return undefined;
      case 'raise':
        tell({ kind: 'raise', pid: number(0), signal: text(1) });
        return undefined;
      case 'locate':
        return this.#modules.locate(text(0));
      case 'read':
        return this.#disk.own.readFile(text(0));
      case 'readdir':
        return JSON.stringify(this.#disk.own.readDirectory(text(0)));
      case 'stat':
      case 'lstat':
        return JSON.stringify(this.#disk.own[op](text(0)));
      case 'readlink':
        return this.#disk.own.readLink(text(0));
      case 'realpath':
        return this.#disk.own.realPath(text(0));
      default:
        this.#change(changeOf(op, args));
        return undefined;
    }
  }

  /** On the copy first, which knows what is allowed; then on the machine. */
  #change(operation: FileOperation): void {
    this.#disk.change(operation);
    this.#tell({ kind: 'file', operation });
  }
}

function changeOf(op: string, args: (string | number | Uint8Array)[]): FileOperation {
  const path = args[0] as string;
  switch (op) {
    case 'write-file':
      return { kind: 'write', path, contents: args[1] as Uint8Array };
    case 'append-file':
      return { kind: 'append', path, contents: args[1] as Uint8Array };
    case 'mkdir': {
      const mode = args[2] as number;
      return { kind: 'mkdir', path, recursive: args[1] === 1, mode: mode < 0 ? undefined : mode };
    }
    case 'unlink':
    case 'rmdir':
      return { kind: op, path };
    case 'rename':
    case 'symlink':
    case 'link':
      return { kind: op, from: path, to: args[1] as string };
    case 'chmod':
      return { kind: 'chmod', path, mode: args[1] as number };
    case 'utimes':
      return { kind: 'utimes', path, mtimeMs: args[1] as number };
    default:
      throw new Error(`the library asked for ${op}`);
  }
}

/** The event without its bytes, which do not go through JSON; how a stream's end is told. */
function withBytes(event: ScriptEvent): { bytes?: Uint8Array | undefined } & Record<string, unknown> {
  switch (event.kind) {
    case 'request': {
      const { body, ...rest } = event;
      return { ...rest, bytes: body };
    }
    case 'response-bytes':
      return { ...event, end: event.bytes === undefined };
    case 'file':
      return { kind: event.kind, path: event.path };
    default:
      return { ...event };
  }
}

/** Node's words for a failed system call. */
function failureOf(error: unknown, [op, path, to]: (string | number | Uint8Array)[]) {
  if (error instanceof Errno) {
    const syscall = SYSCALLS[op as string] ?? String(op);
    const where = typeof path === 'string' ? ` '${path}'${typeof to === 'string' ? ` -> '${to}'` : ''}` : '';
    const extra = { syscall, ...(typeof path === 'string' ? { path } : {}) };
    return {
      code: error.code,
      message: `${error.code}: ${error.message.toLowerCase()}, ${syscall}${where}`,
      extra,
    };
  }
  const { message } = error as Error;
  if (op === 'url') return { code: 'ERR_INVALID_URL', message: 'Invalid URL', extra: { input: path } };
  return { code: 'ERR_HOST', message, extra: {} };
}

const SYSCALLS: Record<string, string> = {
  read: 'open', 'write-file': 'open', 'append-file': 'open', readdir: 'scandir',
}; // prettier-ignore

/** Names that may stand behind `export const`. */
const isExportable = (name: string): boolean =>
  /^[A-Za-z_$][\w$]*$/.test(name) && !['default', 'import', 'export', 'delete', 'new', 'm'].includes(name);
