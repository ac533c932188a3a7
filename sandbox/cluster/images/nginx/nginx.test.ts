import { beforeEach, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { readText, textResponse } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { Errno } from '../../../os/errno.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import type { ConnectionHandler, NetworkNamespace } from '../../../os/network.ts';
import { OpenFile } from '../../../os/open-file.ts';
import type { Process } from '../../../os/process.ts';
import type { Image } from '../image.ts';
import { tags } from './nginx.ts';
import { program } from './program.ts';

/** A machine made of the image, with a network that has one back end. */
class TestMachine {
  readonly files: MemoryFileSystem;
  readonly machine: Machine;
  readonly listeners = new Map<number, ConnectionHandler>();
  out = '';
  err = '';
  master!: Process;

  constructor() {
    const clock = new ManualClock();
    this.files = new MemoryFileSystem({ clock, tree: (tags['1.29.3'] as () => Image)().tree });
    const network: NetworkNamespace = {
      addresses: ['10.244.0.5'],
      listen: (port, handler) => {
        if (this.listeners.has(port)) throw new Errno('EADDRINUSE');
        this.listeners.set(port, handler);
        return { dispose: () => this.listeners.delete(port) };
      },
      fetch: async (host, port, request) => {
        if (host !== 'backend') throw new Errno('ECONNREFUSED');
        return textResponse(
          200,
          `${request.method} ${request.path} at ${port} for ${request.headers['host']} by ${request.headers['x-real-ip'] ?? '?'}`,
        );
      },
      dial: () => Promise.reject(new Errno('ECONNREFUSED')),
      resolve: (name) => Promise.resolve([name]),
    };
    this.machine = new Machine({
      hostname: 'web',
      files: this.files,
      clock,
      random: new Random(1),
      network,
      findProgram: () => undefined,
      programNames: () => [],
    });
  }

  site(text: string): this {
    this.files.writeFile('/etc/nginx/conf.d/default.conf', encode(text));
    return this;
  }

  spawn(...args: string[]): Process {
    const sink = (add: (text: string) => void) =>
      new OpenFile({
        write: (bytes) => {
          add(decode(bytes));
          return undefined;
        },
      });
    return this.machine.spawn({
      argv: ['nginx', ...args],
      program,
      environment: { NGINX_VERSION: '1.29.3' },
      files: [undefined, sink((text) => (this.out += text)), sink((text) => (this.err += text))],
    });
  }

  async start(): Promise<this> {
    this.master = this.spawn('-g', 'daemon off;');
    await turn();
    return this;
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET', port = 80) {
    const response = await this.listeners.get(port)!(
      { method, path, headers: { host: 'web', ...headers } },
      { address: '10.244.0.9', port: 40000 },
    );
    return { status: response.status, headers: response.headers, body: await readText(response) };
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let web: TestMachine;
beforeEach(() => {
  web = new TestMachine();
});

test('serves the welcome page, logs it, and ends on QUIT', async () => {
  await web.start();
  const { status, headers, body } = await web.get('/');
  expect(status).toBe(200);
  expect(headers).toMatchObject({ server: 'nginx/1.29.3', 'content-type': 'text/html' });
  expect(body).toContain('<h1>Welcome to nginx!</h1>');
  expect(web.out).toBe(
    `10.244.0.9 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 ${body.length} "-" "-" "-"\n`,
  );
  web.master.signal('QUIT');
  expect(await web.master.exited).toBe(0);
  expect(web.listeners.size).toBe(0);
});

test('a file that is not there: page, error log', async () => {
  await web.start();
  const { status, body } = await web.get('/nope');
  expect(status).toBe(404);
  expect(body).toContain('<center><h1>404 Not Found</h1></center>');
  expect(web.err).toContain(
    '[error] 1#1: *1 open() "/usr/share/nginx/html/nope" failed (2: No such file or directory), client: 10.244.0.9, server: localhost, request: "GET /nope HTTP/1.1", host: "web"',
  );
});

const SITE = `
upstream app { server backend:8080 weight=2; server backend:8081; }
server {
  listen 80 default_server;
  listen [::]:80;
  server_name web.example.com;
  root /srv;
  add_header X-Served-By $hostname always;
  error_page 404 /missing.html;
  location = /health { access_log off; return 200 "healthy\\n"; }
  location /old/ { return 301 /new/; }
  location /elsewhere { return 302 https://example.com$request_uri; }
  location /api/ { proxy_pass http://app/v1/; proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; }
  location /raw/ { proxy_pass http://backend:9000; }
  location /dead { proxy_pass http://nobody:1; }
  location /app { try_files $uri $uri/ /app/index.html; }
  location ~ \\.(css|js)$ { expires 1h; }
  location ^~ /static/ { alias /assets/; autoindex on; }
  location /secret { deny all; }
  location /teapot { return 418; }
}
server { listen 8080; server_name other; return 200 "other"; }
`;

test.each([
  ['/', 403, 'Forbidden'],
  ['/health', 200, 'healthy\n'],
  ['/old/x', 301, 'Moved'],
  ['/elsewhere?a=1', 302, 'Found'],
  ['/api/users?id=3', 200, 'GET /v1/users?id=3 at 8080 for web by 10.244.0.9'],
  ['/raw/x', 200, 'GET /raw/x at 9000 for backend:9000 by ?'],
  ['/dead', 502, '502 Bad Gateway'],
  ['/app/deep/link', 200, 'the app'],
  ['/style.css', 200, 'b{}'],
  ['/static/style.css', 200, 'asset'],
  ['/static/', 200, 'Index of /static/'],
  ['/nothing', 404, 'gone missing'],
  ['/secret', 403, 'Forbidden'],
  ['/docs', 301, 'Moved'],
  ['/../etc/passwd', 404, 'gone missing'],
])('GET %s', async (path, status, text) => {
  for (const [name, contents] of Object.entries({
    '/srv/app/index.html': 'the app',
    '/srv/style.css': 'b{}',
    '/srv/missing.html': 'gone missing',
    '/srv/docs/a.txt': 'a',
    '/assets/style.css': 'asset',
  })) {
    web.files.mkdir(name.slice(0, name.lastIndexOf('/')), { recursive: true });
    web.files.writeFile(name, encode(contents));
  }
  await web.site(SITE).start();
  const answer = await web.get(path);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(text);
  expect(answer.headers['x-served-by']).toBe('web');
  if (path === '/old/x') expect(answer.headers['location']).toBe('http://web/new/');
  if (path === '/elsewhere?a=1') expect(answer.headers['location']).toBe('https://example.com/elsewhere?a=1');
  if (path === '/style.css') expect(answer.headers['cache-control']).toBe('max-age=3600');
  if (path === '/docs') expect(answer.headers['location']).toBe('http://web/docs/');
});

test('upstreams take turns by weight; servers are told apart by port', async () => {
  await web.site(SITE).start();
  const ports = [];
  for (let i = 0; i < 6; i++) ports.push(/at (\d+)/.exec((await web.get('/api/')).body)![1]);
  expect(ports).toEqual(['8080', '8080', '8081', '8080', '8080', '8081']);
  expect((await web.get('/', {}, 'GET', 8080)).body).toBe('other');
});

test('HUP takes a good configuration and keeps the old one when the new one is bad', async () => {
  await web.start();
  web.site('server { listen 80; return 200 "new"; }');
  web.master.signal('HUP');
  expect((await web.get('/')).body).toBe('new');
  web.site('server { listen 80; retrun 200 "bad"; }');
  web.master.signal('HUP');
  expect((await web.get('/')).body).toBe('new');
  expect(web.err).toContain('[emerg] 1#1: unknown directive "retrun" in /etc/nginx/conf.d/default.conf:1');
});

test.each([
  ['server { listen 80 }', 'unexpected "}" in /etc/nginx/conf.d/default.conf:1'],
  ['server { listen 80; ', 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:1'],
  ['server {\n  listen 80;\n  rot /x;\n}', 'unknown directive "rot" in /etc/nginx/conf.d/default.conf:3'],
  ['server { location / { proxy_pass app; } }', 'invalid URL prefix in /etc/nginx/conf.d/default.conf:1'],
])('nginx -t refuses %j', async (text, message) => {
  web.site(text);
  expect(await web.spawn('-t').exited).toBe(1);
  expect(web.err).toBe(
    `nginx: [emerg] ${message}\nnginx: configuration file /etc/nginx/nginx.conf test failed\n`,
  );
});

test('nginx -t is content with what is good', async () => {
  expect(await web.spawn('-t').exited).toBe(0);
  expect(web.err).toBe(
    'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
  );
});
