/**
 * The built site's scripts as a graph: what a page or a Worker loads before its first line runs, and what a
 * module may load later. Sizes are those of gzip -9, as a server that compresses ahead sends them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const ASSETS = fileURLToPath(new URL('../../dist/_astro/', import.meta.url));
const STATIC = /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g;
const DYNAMIC = /import\(\s*["'`]\.\/([\w.-]+\.js)["'`]/g;

interface Chunk {
  path: string;
  gzipBytes: number;
  imports: string[];
  /** Loaded when the code asks for it. */
  later: string[];
}

/** Names of chunks. */
export type Chunks = ReadonlySet<string>;

export class BuiltScripts {
  readonly #chunks = new Map<string, Chunk>();

  /** Reads `dist/`. Throws when the site is not built. */
  constructor() {
    let files: string[];
    try {
      files = readdirSync(ASSETS);
    } catch {
      throw new Error('dist/ is not there. Run `npm run build` first.');
    }
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      const path = join(ASSETS, file);
      const code = readFileSync(path);
      const text = code.toString();
      this.#chunks.set(file, {
        path,
        gzipBytes: gzipSync(code, { level: 9 }).length,
        imports: [...text.matchAll(STATIC)].map((match) => match[1]!),
        later: [...text.matchAll(DYNAMIC)].map((match) => match[1]!),
      });
    }
  }

  /** The chunks of a page that `modules` were put into, and what they import. Throws when there is none. */
  ofPage(...modules: string[]): Set<string> {
    return this.#of(modules, '.');
  }

  /** The same of a Worker, whose chunks have a dash before their hash. */
  ofWorker(...modules: string[]): Set<string> {
    return this.#of(modules, '-');
  }

  #of(modules: string[], separator: string): Set<string> {
    const found = modules.flatMap((module) => {
      const named = new RegExp(`^${module}[${separator}][\\w-]{8}\\.js$`);
      const chunks = [...this.#chunks.keys()].filter((name) => named.test(name));
      if (chunks.length === 0) throw new Error(`dist/_astro has no chunk of ${module}`);
      return chunks;
    });
    return this.#reached(found, ({ imports }) => imports);
  }

  /** `chunks` and everything that they may ever load beyond what is `there` already. */
  withLater(chunks: Chunks, there: Chunks): Set<string> {
    return this.#reached(chunks, ({ imports, later }) => [...imports, ...later], there);
  }

  gzipKb(chunks: Chunks): number {
    let bytes = 0;
    for (const name of chunks) bytes += this.#chunks.get(name)!.gzipBytes;
    return bytes / 1000;
  }

  /** Paths on disk, largest first. */
  paths(chunks: Chunks): string[] {
    const named = [...chunks].map((name) => this.#chunks.get(name)!);
    return named.sort((a, b) => b.gzipBytes - a.gzipBytes).map(({ path }) => path);
  }

  #reached(from: Iterable<string>, next: (chunk: Chunk) => string[], there: Chunks = new Set()): Set<string> {
    const found = new Set<string>();
    const waiting = [...from];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const chunk = this.#chunks.get(name);
      if (!chunk || found.has(name) || there.has(name)) continue;
      found.add(name);
      waiting.push(...next(chunk));
    }
    return found;
  }
}
