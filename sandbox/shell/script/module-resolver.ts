/** Which file a name stands for, and whether it is an ES module: Node's rules, on a script's disk. */
import { joinPath, parentOf, resolvePath } from '../../os/path.ts';
import type { ScriptDisk } from './script-disk.ts';

export class ModuleResolver {
  readonly #disk: ScriptDisk;

  constructor(disk: ScriptDisk) {
    this.#disk = disk;
  }

  isModule(file: string): boolean {
    if (file.endsWith('.mjs')) return true;
    if (file.endsWith('.cjs') || file.endsWith('.json')) return false;
    for (let directory = parentOf(file); ; directory = parentOf(directory)) {
      const described = joinPath(directory, 'package.json');
      if (this.#disk.isFile(described)) {
        const { type } = this.#disk.json(described);
        if (type === 'module') return true;
        if (type === 'commonjs') return false;
        break;
      }
      if (directory === '/') break;
    }
    // As Node does since 22: a file that only makes sense as a module is one.
    return /^\s*(import\s*[\w{*'"]|export\s+(default|const|let|function|class|async|\{|\*))/m.test(
      this.#disk.read(file),
    );
  }

  /** What `import` in the file `from` means by `name`: a path, or `node:NAME`. */
  resolve(from: string, name: string): string | { error: Error } {
    const plain = name.replace(/^node:/, '');
    if (BUILTIN_MODULES.has(plain)) return `node:${plain}`;
    if (name.startsWith('file://')) return name.slice('file://'.length);
    if (name.startsWith('.') || name.startsWith('/')) {
      const path = resolvePath(parentOf(from), name);
      return this.#disk.isFile(path)
        ? path
        : { error: new Error(`Cannot find module '${path}' imported from ${from}`) };
    }
    for (let directory = parentOf(from); ; directory = parentOf(directory)) {
      const found = this.locate(joinPath(joinPath(directory, 'node_modules'), name));
      if (found) return found;
      if (directory === '/')
        return { error: new Error(`Cannot find package '${name}' imported from ${from}`) };
    }
  }

  /** A file for what `require` names: with an extension, or a directory's main file. */
  locate(path: string): string | undefined {
    for (const candidate of [path, `${path}.js`, `${path}.cjs`, `${path}.mjs`, `${path}.json`])
      if (this.#disk.isFile(candidate)) return candidate;
    const described = joinPath(path, 'package.json');
    const main = this.#disk.isFile(described) ? this.#disk.json(described)['main'] : undefined;
    for (const candidate of [
      ...(typeof main === 'string' ? [resolvePath(path, main)] : []),
      joinPath(path, 'index.js'),
    ])
      if (this.#disk.isFile(candidate)) return candidate;
    return undefined;
  }
}

const BUILTIN_MODULES = new Set([
  'assert', 'assert/strict', 'buffer', 'child_process', 'cluster', 'console', 'crypto', 'dgram', 'dns', 'dns/promises', 'events',
  'fs', 'fs/promises', 'http', 'https', 'inspector', 'module', 'net', 'os', 'path', 'process', 'querystring', 'readline',
  'stream', 'stream/promises', 'string_decoder', 'timers', 'timers/promises', 'tls', 'url', 'util', 'v8', 'vm', 'worker_threads', 'zlib',
]); // prettier-ignore
