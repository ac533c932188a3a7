/**
 * The built site: pages that are asked about again each time, assets whose name says what is in them for a
 * year, text compressed once and kept. A path is looked up as one inside the folder and nowhere else.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pf_fragment': 'application/octet-stream',
  '.pf_index': 'application/octet-stream',
  '.pf_meta': 'application/octet-stream',
  '.pagefind': 'application/octet-stream',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.yaml': 'text/yaml; charset=utf-8',
};

const COMPRESSIBLE = /^text\/|javascript|json|xml|wasm|ttf/;
/** Below this a header costs more than it saves. */
const COMPRESS_FROM_BYTES = 1024;
/** Astro puts what it names by its contents here. */
const HASHED = /\/_astro\//;

interface Asset {
  type: string;
  etag: string;
  modifiedMs: number;
  sizeBytes: number;
  body: Buffer;
  compressed: Buffer | undefined;
}

/** Serves the files of `folder` for every path that no other route takes. */
export function serveSite(server: FastifyInstance, folder: string): void {
  const site = new Site(folder);
  server.setNotFoundHandler(async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply.code(404).send({ message: `There is no ${request.method} ${request.url}.` });
    }
    return site.answer(request, reply);
  });
}

class Site {
  #folder: string;
  #assets = new Map<string, Asset>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [url = '/', query] = request.url.split('?', 2);
    const path = pathOf(url);
    if (path !== undefined) {
      const asset = await this.#asset(path.endsWith('/') ? `${path}index.html` : path);
      if (asset) return send(request, reply, asset, HASHED.test(path));
      if (!path.endsWith('/') && (await this.#asset(`${path}/index.html`))) {
        return reply.redirect(`${url}/${query === undefined ? '' : `?${query}`}`, 301);
      }
    }
    const page = await this.#asset('/404.html');
    reply.code(404).header('cache-control', 'no-cache');
    if (page) return reply.type(page.type).send(page.body);
    return reply.type('text/plain; charset=utf-8').send('There is nothing here.\n');
  }

  /** The file as it is on disk now, or undefined. */
  async #asset(path: string): Promise<Asset | undefined> {
    const file = join(this.#folder, path);
    const known = this.#assets.get(path);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    if (known && known.modifiedMs === found.mtimeMs && known.sizeBytes === found.size) return known;
    const body = await readFile(file);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    const worthIt = COMPRESSIBLE.test(type) && body.length >= COMPRESS_FROM_BYTES;
    const asset: Asset = {
      type,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      modifiedMs: found.mtimeMs,
      sizeBytes: found.size,
      body,
      compressed: worthIt ? await compress(body) : undefined,
    };
    this.#assets.set(path, asset);
    return asset;
  }
}

/** A normal path that begins with `/` and stays below it, or undefined. */
function pathOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url);
  } catch {
    return undefined;
  }
  if (path.includes('\0') || path.includes('\\') || !path.startsWith('/')) return undefined;
  const plain = normalize(path).split(sep).join('/');
  if (plain.split('/').some((part) => part === '..' || part.startsWith('.'))) return undefined;
  return plain;
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset, hashed: boolean): FastifyReply {
  reply
    .type(asset.type)
    .header('etag', asset.etag)
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  const accepts = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (!asset.compressed || !accepts) return reply.send(asset.body);
  return reply.header('content-encoding', 'gzip').send(asset.compressed);
}
