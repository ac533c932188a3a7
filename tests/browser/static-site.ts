/** `dist/` as any static host serves it, with no special headers, on a port of its own. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface StaticSite {
  /** `http://127.0.0.1:PORT/` */
  url: string;
  /** What was asked for, path and query, upgrades included. */
  asked: string[];
  close(): void;
}

export async function serveStatic(): Promise<StaticSite> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const path = normalize(new URL(request.url!, 'http://x').pathname);
    const file = join('dist', path.endsWith('/') ? `${path}index.html` : path);
    readFile(file).then(
      (contents) => {
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
        response.end(contents);
      },
      () => {
        response.writeHead(404);
        response.end();
      },
    );
  });
  server.on('upgrade', (request, socket) => {
    asked.push(request.url!);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, asked, close: () => server.close() };
}
