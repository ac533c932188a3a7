import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { readText } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import { macrotask } from '../../core/slice.ts';
import { Errno } from '../../os/errno.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { NameNotFound, type ConnectionHandler, type NetworkNamespace } from '../../os/network.ts';
import { OpenFile } from '../../os/open-file.ts';
import { openPipe } from '../../os/pipe.ts';
import type { Process } from '../../os/process.ts';
import { program } from '../commands/node/node.ts';
import { inProcessBatchTools } from '../in-process-batch.ts';

vi.setConfig({ testTimeout: 40_000 });

const START = Date.UTC(2026, 0, 1);
let clock: ManualClock;
let machine: Machine;
let ports: Map<number, ConnectionHandler>;
const tools = inProcessBatchTools();

beforeEach(() => {
  clock = new ManualClock(START);
  ports = new Map();
  const files = new MemoryFileSystem({ clock });
  files.mkdir('/app');
  files.mkdir('/tmp', { mode: 0o1777 });
  const network: NetworkNamespace = {
    addresses: ['10.244.0.9'],
    listen: (port, handler) => {
      ports.set(port, handler);
      return { dispose: () => void ports.delete(port) };
    },
    fetch: async (host, port, request) => {
      const handler = ports.get(port);
      if (host !== 'localhost' || !handler) throw new NameNotFound(host);
      return handler(request, { address: '127.0.0.1', port: 40_000 });
    },
    dial: async () => {},
    resolve: async (name) => (name === 'stock-gen' ? ['10.96.0.7'] : Promise.reject(new NameNotFound(name))),
  };
  machine = new Machine({
    hostname: 'web-0',
    files,
    clock,
    random: new Random(1),
    network,
    batch: tools,
    findProgram: () => program,
    programNames: () => ['node'],
  });
});
afterEach(() => {
  for (const process of machine.processes.values()) process.signal('KILL');
});

const write = (path: string, text: string) => machine.files.writeFile(path, encode(text));

interface Running {
  process: Process;
  output: string;
  exitCode: number | undefined;
}

function start(argv: string[], stdin = ''): Running {
  const { reader, writer } = openPipe();
  const input = writer.acquire();
  void input.operations.write!(encode(stdin));
  input.close();
  const running: Running = { process: undefined!, output: '', exitCode: undefined };
  const sink = new OpenFile({ write: (bytes) => void (running.output += decode(bytes)) });
  running.process = machine.spawn({
    argv: ['node', ...argv],
    program,
    environment: { GREETING: 'hello', HOME: '/root' },
    directory: '/app',
    files: [reader, sink, sink],
  });
  void running.process.exited.then((exitCode) => (running.exitCode = exitCode));
  return running;
}

/** Until it has come true, on the real event loop; the interpreter is loaded with the first script. */
const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 18_000 });

async function run(argv: string[], stdin = ''): Promise<{ output: string; exitCode: number }> {
  const running = start(argv, stdin);
  await until(() => running.exitCode !== undefined);
  return { output: running.output, exitCode: running.exitCode! };
}

async function script(text: string): Promise<string> {
  write('/app/script.js', text);
  const { output, exitCode } = await run(['script.js', 'one', '--two']);
  expect(exitCode, output).toBe(0);
  return output;
}

describe('what a script has', () => {
  test.each([
    ['arguments', 'console.log(process.argv.slice(2))', "[ 'one', '--two' ]\n"],
    ['environment', 'console.log(process.env.GREETING, process.env.NOPE)', 'hello undefined\n'],
    [
      'its place',
      'console.log(__filename, __dirname, process.cwd(), require("os").hostname())',
      '/app/script.js /app /app web-0\n',
    ],
    [
      'objects in print',
      'console.log({ a: 1, b: [1, "two"], c: null, d: { e: { f: { g: 1 } } } })',
      "{ a: 1, b: [ 1, 'two' ], c: null, d: { e: { f: [Object] } } }\n",
    ],
    ['format', 'console.log("%s is %d, %j", "x", 3, { y: 1 })', 'x is 3, {"y":1}\n'],
    [
      'buffers',
      'console.log(Buffer.from("héllo").toString("base64"), Buffer.from("aGk=", "base64").toString())',
      'aMOpbGxv hi\n',
    ],
    [
      'the clock of the machine',
      'console.log(new Date().toISOString().slice(0, 10), Date.now() >= 0)',
      '2026-01-01 true\n',
    ],
    [
      'URLs',
      'const u = new URL("/a?x=1&y=2", "http://h:8080"); u.searchParams.set("x", "9"); console.log(u.href, u.port)',
      'http://h:8080/a?x=9&y=2 8080\n',
    ],
    [
      'paths',
      'const p = require("node:path"); console.log(p.join("a", "..", "b.js"), p.extname("x/y.tar.gz"), p.relative("/a/b", "/a/c"))',
      'b.js .gz ../c\n',
    ],
    [
      'hashes',
      'console.log(require("crypto").createHash("sha256").update("abc").digest("hex").slice(0, 16))',
      'ba7816bf8f01cfea\n',
    ],
    ['uuids', 'console.log(/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(crypto.randomUUID()))', 'true\n'],
    [
      'events',
      'const e = new (require("events"))(); e.once("x", (v) => console.log(v)); e.emit("x", 1); console.log(e.emit("x", 2))',
      '1\nfalse\n',
    ],
    [
      'names',
      'require("dns").promises.lookup("stock-gen").then((a) => console.log(a))',
      "{ address: '10.96.0.7', family: 4 }\n",
    ],
  ])('%s', async (_, text, want) => {
    expect(await script(text)).toBe(want);
  });

  test('files: what it writes is the machine’s, what others write it sees', async () => {
    write('/app/in.txt', 'in');
    expect(
      await script(`
const fs = require('fs');
fs.mkdirSync('/app/d/e', { recursive: true });
fs.writeFileSync('/app/d/e/out.txt', fs.readFileSync('in.txt', 'utf8') + 'out');
fs.appendFileSync('/app/d/e/out.txt', '!');
console.log(fs.readdirSync('/app/d'), fs.existsSync('nope'), fs.statSync('/app/d/e/out.txt').size);
try { fs.readFileSync('/nope') } catch (error) { console.log(error.code, error.message) }
`),
    ).toBe("[ 'e' ] false 6\nENOENT ENOENT: no such file or directory, open '/nope'\n");
    expect(decode(machine.files.readFile('/app/d/e/out.txt'))).toBe('inout!');
    write(
      '/app/watch.js',
      `const fs = require('fs'); const w = fs.watch('/app/in.txt', () => { console.log(fs.readFileSync('/app/in.txt', 'utf8')); w.close(); }); console.log('ready');`,
    );
    const watching = start(['watch.js']);
    await until(() => watching.output === 'ready\n');
    write('/app/in.txt', 'changed');
    await until(() => watching.exitCode === 0);
    expect(watching.output).toBe('ready\nchanged\n');
  });

  test('timers on the cluster’s clock', async () => {
    write(
      '/app/t.js',
      'setTimeout(() => console.log("late"), 60_000); let n = 0; const i = setInterval(() => { console.log(++n); if (n === 2) clearInterval(i); }, 1000);',
    );
    const running = start(['t.js']);
    const advance = async (ms: number, want: string) => {
      await clock.advance(ms, async () => {
        for (let turn = 0; turn < 8; turn++) await macrotask();
      });
      await until(() => running.output === want);
    };
    await vi.waitFor(() => expect(clock.next).toBeDefined());
    await macrotask();
    await advance(1000, '1\n');
    await advance(3000, '1\n2\n');
    await advance(60_000, '1\n2\nlate\n');
    await until(() => running.exitCode === 0);
  });

  test('standard input, whole and by lines', async () => {
    write(
      '/app/in.js',
      'let all = ""; process.stdin.setEncoding("utf8").on("data", (c) => (all += c)).on("end", () => console.log(all.toUpperCase()));',
    );
    expect(await run(['in.js'], 'some text')).toEqual({ output: 'SOME TEXT\n', exitCode: 0 });
    expect(await run(['-e', 'console.log(1 + 1)'])).toEqual({ output: '2\n', exitCode: 0 });
    expect(await run(['-p', '({ a: 1 })'])).toEqual({ output: '{ a: 1 }\n', exitCode: 0 });
    expect(await run([], 'console.log("from stdin")')).toEqual({ output: 'from stdin\n', exitCode: 0 });
  });
});

describe('modules', () => {
  beforeEach(() => {
    machine.files.mkdir('/app/lib');
    machine.files.mkdir('/app/node_modules/pkg', { recursive: true });
    write('/app/lib/index.js', 'exports.name = "lib"; exports.from = module.filename;');
    write('/app/data.json', '{"answer": 42}');
    write('/app/node_modules/pkg/package.json', '{"name": "pkg", "main": "main.js"}');
    write('/app/node_modules/pkg/main.js', 'module.exports = () => "from a package";');
  });

  test('CommonJS: files, directories, JSON, packages, cycles', async () => {
    write('/app/a.js', 'exports.early = 1; exports.b = require("./b").seen; ');
    write('/app/b.js', 'exports.seen = require("./a").early;');
    expect(
      await script(
        'console.log(require("./lib").name, require("./data").answer, require("pkg")(), require("./a").b)',
      ),
    ).toBe('lib 42 from a package 1\n');
  });

  test('ES modules: local, built in, of CommonJS; top-level await', async () => {
    write('/app/m.mjs', 'export const value = 7; export default function hi() { return "hi"; }');
    write(
      '/app/main.mjs',
      `import hi, { value } from './m.mjs';
import { readFileSync } from 'node:fs';
import lib, { name } from './lib/index.js';
import { setTimeout as wait } from 'node:timers/promises';
const text = await Promise.resolve(readFileSync('/app/data.json', 'utf8'));
console.log(hi(), value, name, lib.name, JSON.parse(text).answer, typeof wait);
`,
    );
    expect(await run(['main.mjs'])).toEqual({ output: 'hi 7 lib lib 42 function\n', exitCode: 0 });
  });

  test('one that is not there', async () => {
    write('/app/x.js', 'require("./missing");');
    const { output, exitCode } = await run(['x.js']);
    expect(exitCode).toBe(1);
    expect(output).toContain("Error: Cannot find module './missing'\nRequire stack:\n- /app/x.js\n");
    expect(await run(['nope.js'])).toMatchObject({ exitCode: 1 });
  });
});

describe('how it ends', () => {
  test.each([
    [
      'an error nobody catches',
      'function f() {\n  throw new TypeError("bad");\n}\nf();\n',
      1,
      /^\/app\/e\.js:2\n {2}throw new TypeError\("bad"\);\n.*\^\n\nTypeError: bad\n {4}at f \(\/app\/e\.js:2.*\)\n.*\n\nNode\.js v24\.11\.1\n$/s,
    ],
    ['a mistake in the text', 'const = 1;\n', 1, /SyntaxError/],
    ['a listener’s promise', 'setImmediate(async () => { throw new Error("later"); })', 1, /Error: later/],
    [
      'process.exit',
      'process.on("exit", (c) => console.log("bye", c)); process.exit(3); console.log("never")',
      3,
      /^bye 3\n$/,
    ],
    ['process.exitCode', 'process.exitCode = 4', 4, /^$/],
    [
      'too much memory',
      'const all = []; for (;;) all.push(new ArrayBuffer(10_000_000))',
      134,
      /JavaScript heap out of memory/,
    ],
    [
      'a handler for what nobody catches',
      'process.on("uncaughtException", (e) => console.log("caught", e.message)); setImmediate(() => { throw new Error("x"); })',
      0,
      /^caught x\n$/,
    ],
  ])('%s', async (_, text, exitCode, want) => {
    write('/app/e.js', text);
    const running = start(['e.js']);
    await until(() => {
      void clock.advance(10);
      return running.exitCode !== undefined;
    });
    expect(running.output).toMatch(want);
    expect(running.exitCode).toBe(exitCode);
  });

  test('TERM: a listener closes the server, and the process ends when nothing is left to do', async () => {
    write(
      '/app/s.js',
      `const server = require('http').createServer((q, s) => s.end('ok')).listen(8080, () => console.log('up'));
process.on('SIGTERM', () => { console.log('closing'); server.close(() => console.log('closed')); });`,
    );
    const running = start(['s.js']);
    await until(() => running.output === 'up\n');
    running.process.signal('TERM');
    await until(() => {
      void clock.advance(10);
      return running.exitCode !== undefined;
    });
    expect(running).toMatchObject({ output: 'up\nclosing\nclosed\n', exitCode: 0 });
    const other = start(['-e', 'setInterval(() => {}, 1000); console.log("up")']);
    await until(() => other.output === 'up\n');
    other.process.signal('TERM');
    await until(() => other.exitCode !== undefined);
    expect(other.exitCode).toBe(143);
  });
});

describe('HTTP', () => {
  const ask = async (port: number, path: string, body?: string) => {
    const response = await ports.get(port)!(
      {
        method: body === undefined ? 'GET' : 'POST',
        path,
        headers: { host: 'web' },
        ...(body === undefined ? {} : { body: encode(body) }),
      },
      { address: '10.244.0.1', port: 33_000 },
    );
    return { status: response.status, headers: response.headers, text: await readText(response) };
  };

  test('a server: method, path, headers, body, streams', async () => {
    write(
      '/app/server.js',
      `const http = require('http');
http.createServer(async (request, response) => {
  if (request.url === '/boom') throw new Error('in a handler');
  if (request.url === '/parts') { response.write('one '); setImmediate(() => { response.write('two'); response.end(); }); return; }
  let body = '';
  for await (const chunk of request) body += chunk;
  response.writeHead(201, { 'content-type': 'application/json', 'X-From': request.socket.remoteAddress });
  response.end(JSON.stringify({ method: request.method, url: request.url, host: request.headers.host, body }));
}).listen(process.env.PORT || 8080, '0.0.0.0', () => console.log('up'));`,
    );
    const running = start(['server.js']);
    await until(() => running.output === 'up\n');
    const { status, headers, text } = await ask(8080, '/x?y=1', 'data');
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-from': '10.244.0.1' });
    expect(JSON.parse(text)).toEqual({ method: 'POST', url: '/x?y=1', host: 'web', body: 'data' });
    const parts = ask(8080, '/parts');
    await clock.advance(50, async () => {
      for (let turn = 0; turn < 10; turn++) await macrotask();
    });
    expect((await parts).text).toBe('one two');
    await expect(ask(8080, '/boom')).rejects.toThrow('Connection reset by peer');
    await until(() => running.exitCode === 1);
    expect(running.output).toContain('Error: in a handler\n');
  });

  test('a port that is taken', async () => {
    write('/app/s.js', `require('http').createServer().listen(8080)`);
    machine.network!.listen = () => {
      throw new Errno('EADDRINUSE');
    };
    const { output, exitCode } = await run(['s.js']);
    expect(exitCode).toBe(1);
    expect(output).toContain('Error: listen EADDRINUSE: address already in use :::8080');
  });

  test('fetch: JSON both ways, failures, time-outs', async () => {
    ports.set(9000, async (request) => {
      if (request.path === '/slow') return new Promise(() => {});
      return {
        status: request.path === '/teapot' ? 418 : 200,
        headers: { 'content-type': 'application/json' },
        body: encode(JSON.stringify({ path: request.path, got: decode(request.body ?? new Uint8Array(0)) })),
      };
    });
    write(
      '/app/f.mjs',
      `const r = await fetch('http://localhost:9000/x', { method: 'POST', body: JSON.stringify({ a: 1 }) });
console.log(r.ok, r.status, await r.json());
console.log((await fetch('http://localhost:9000/teapot')).statusText);
try { await fetch('http://nowhere:9000/'); } catch (error) { console.log(error.message, error.cause.code); }
try { await fetch('http://localhost:9000/slow', { signal: AbortSignal.timeout(500) }); } catch (error) { console.log(error.name); }
`,
    );
    const running = start(['f.mjs']);
    await until(() => {
      void clock.advance(20);
      return running.exitCode !== undefined;
    });
    expect(running.output).toBe(
      `true 200 { path: '/x', got: '{"a":1}' }\nI'm a teapot\nfetch failed ENOTFOUND\nTimeoutError\n`,
    );
  });
});

test('files that cannot be written are refused as Node refuses', async () => {
  write('/app/w.js', 'require("fs").writeFileSync("/app/x", "y")');
  let said = '';
  const process = machine.spawn({
    argv: ['node', '/app/w.js'],
    program,
    directory: '/app',
    user: { uid: 1000, gid: 1000 },
    files: [undefined, undefined, new OpenFile({ write: (bytes) => void (said += decode(bytes)) })],
  });
  expect(await process.exited, said).toBe(1);
  expect(said).toContain("Error: EACCES: permission denied, open '/app/x'");
});
