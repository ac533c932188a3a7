/**
 * The host of the course's services in a real image: a few lines of a real server around a `Service`, which is the
 * same source that runs in the embedded cluster. `node host.ts NAME`; the folder's other files are not in the image.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateService, ServiceHost, ServiceRequest } from '../../cluster/images/service.ts';

const [, , name = ''] = process.argv;

const host: ServiceHost = {
  environment: process.env,
  hostname: hostname(),
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (delayMs) => sleep(delayMs),
  log: (line) => console.log(line),
  async fetch(url, { method = 'GET', body } = {}) {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: await response.text() };
  },
  files: {
    read: (path) => unlessMissing(() => readFileSync(path, 'utf8'), undefined),
    write(path, contents) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, contents);
    },
    list: (path) => unlessMissing(() => readdirSync(path), []),
  },
};

function unlessMissing<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

async function requestOf(message: IncomingMessage): Promise<ServiceRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(message.url!, 'http://service');
  return {
    method: message.method!,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(Object.entries(message.headers).map(([key, value]) => [key, String(value)])),
    body: Buffer.concat(chunks).toString(),
    // An IPv4 address in the clothes of IPv6.
    from: (message.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
}

const { createService } = (await import(`../../cluster/images/${name}/service.ts`)) as {
  createService: CreateService;
};
const service = createService(host);
const server = createServer((message, response) => {
  requestOf(message)
    .then((request) => service.handle(request))
    .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
    .catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
});
server.on('error', (error) => {
  console.error(`cannot listen on port ${service.port}: ${error.message}`);
  process.exit(1);
});
server.listen(service.port);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
service.work?.().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
