/** Branches, tags, HEAD and their logs: files under `.git`. Packed refs are left out: here nothing packs them. */
import { decode, encode } from '../../../core/bytes.ts';
import type { FileSystem } from '../../../os/file-system.ts';
import { joinPath, parentOf } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { ObjectId } from './objects.ts';
import { signatureText, type Signature } from './signature.ts';

export interface LogEntry {
  old: ObjectId;
  new: ObjectId;
  /** `NAME <EMAIL> SECONDS ZONE`. */
  who: string;
  message: string;
}

/** Who moved a ref and why, for its log. */
export interface Movement {
  who: Signature;
  message: string;
}

export const NO_ID: ObjectId = '0'.repeat(40);

export class Refs {
  readonly #files: FileSystem;
  readonly #directory: string;

  constructor(files: FileSystem, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  #text(name: string): string | undefined {
    const path = joinPath(this.#directory, name);
    return kindOf(this.#files, path) === 'file' ? decode(this.#files.readFile(path)).trim() : undefined;
  }

  /** What a symbolic ref names; undefined for one that holds an id. */
  target(name: string): string | undefined {
    return /^ref: (.*)$/.exec(this.#text(name) ?? '')?.[1];
  }

  /** The id behind `name` (full: `HEAD`, `refs/heads/main`); undefined when there is none yet. */
  id(name: string): ObjectId | undefined {
    const text = this.#text(name);
    if (text === undefined) return undefined;
    const target = /^ref: (.*)$/.exec(text)?.[1];
    return target === undefined ? (/^[0-9a-f]{40}$/.test(text) ? text : undefined) : this.id(target);
  }

  /** The branch that HEAD is on, short; undefined when it is detached. */
  get branch(): string | undefined {
    return this.target('HEAD')?.replace(/^refs\/heads\//, '');
  }

  /** Refs below `prefix` (`refs/heads/`): names without it, sorted, and ids. */
  list(prefix: string): [name: string, id: ObjectId][] {
    const found: [string, ObjectId][] = [];
    const walk = (path: string, name: string) => {
      if (kindOf(this.#files, path) !== 'directory') {
        const id = kindOf(this.#files, path) === 'file' ? this.id(prefix + name) : undefined;
        if (id !== undefined) found.push([name, id]);
        return;
      }
      for (const each of this.#files.readDirectory(path))
        walk(joinPath(path, each), name === '' ? each : `${name}/${each}`);
    };
    walk(joinPath(this.#directory, prefix.replace(/\/$/, '')), '');
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  setSymbolic(name: string, target: string): void {
    this.#write(name, `ref: ${target}\n`);
  }

  /** Moves `name`, or the branch that it names, and writes both logs. */
  update(name: string, id: ObjectId, movement?: Movement): void {
    const old = this.id(name) ?? NO_ID;
    const target = this.target(name);
    this.#write(target ?? name, `${id}\n`);
    if (!movement) return;
    this.log(name, old, id, movement);
    if (target !== undefined) this.log(target, old, id, movement);
    else if (this.target('HEAD') === name) this.log('HEAD', old, id, movement);
  }

  /** HEAD alone, off any branch. */
  detach(id: ObjectId, movement: Movement): void {
    const old = this.id('HEAD') ?? NO_ID;
    this.#write('HEAD', `${id}\n`);
    this.log('HEAD', old, id, movement);
  }

  delete(name: string): void {
    for (const path of [joinPath(this.#directory, name), joinPath(this.#directory, `logs/${name}`)]) {
      if (kindOf(this.#files, path) !== 'file') continue;
      this.#files.unlink(path);
      for (
        let parent = parentOf(path);
        !/\/(heads|tags|remotes|refs)$/.test(parent);
        parent = parentOf(parent)
      ) {
        if (this.#files.readDirectory(parent).length > 0) break;
        this.#files.rmdir(parent);
      }
    }
  }

  /** The oldest first. */
  logOf(name: string): LogEntry[] {
    return (this.#text(`logs/${name}`) ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [head, message = ''] = line.split('\t');
        return { old: head!.slice(0, 40), new: head!.slice(41, 81), who: head!.slice(82), message };
      });
  }

  log(name: string, old: ObjectId, id: ObjectId, { who, message }: Movement): void {
    if (name !== 'HEAD' && !/^refs\/(heads|remotes|stash)/.test(name)) return;
    const path = joinPath(this.#directory, `logs/${name}`);
    this.#files.mkdir(parentOf(path), { recursive: true });
    this.#files.appendFile(path, encode(`${old} ${id} ${signatureText(who)}\t${message.split('\n')[0]}\n`));
  }

  setLog(name: string, entries: readonly LogEntry[]): void {
    this.#write(
      `logs/${name}`,
      entries.map((each) => `${each.old} ${each.new} ${each.who}\t${each.message}\n`).join(''),
    );
  }

  rename(from: string, to: string): void {
    const id = this.id(from);
    const log = this.logOf(from);
    this.delete(from);
    if (id !== undefined) this.#write(to, `${id}\n`);
    if (log.length > 0) this.setLog(to, log);
  }

  #write(name: string, text: string): void {
    const path = joinPath(this.#directory, name);
    this.#files.mkdir(parentOf(path), { recursive: true });
    this.#files.writeFile(path, encode(text));
  }
}

/** `git check-ref-format`, for the names that people give to branches and tags. */
export const isRefName = (name: string): boolean =>
  name !== '' &&
  name !== '@' &&
  !/[\s~^:?*[\\\u007f]|\.\.|@\{|\/\/|^[-/.]|\/\.|[/.]$|\.lock(\/|$)/.test(name);
