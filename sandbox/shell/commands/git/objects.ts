/**
 * The object database: loose objects under `.git/objects`, as git writes them (zlib, SHA-1). Packs are left out: here
 * nothing makes any.
 */
import { concat, decode, encode } from '../../../core/bytes.ts';
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { deflate, inflate } from '../compression.ts';
import { Sha1 } from '../digest.ts';
import { Fatal } from './problems.ts';
import { parseSignature, signatureText, type Signature } from './signature.ts';

/** 40 hexadecimal digits. */
export type ObjectId = string;
export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface Commit {
  tree: ObjectId;
  parents: ObjectId[];
  author: Signature;
  committer: Signature;
  message: string;
}

export interface TreeEntry {
  /** As git has it: 0o100644, 0o100755, 0o120000 (a symlink), 0o40000 (a directory). */
  mode: number;
  name: string;
  id: ObjectId;
}

/** An annotated tag. */
export interface Tag {
  object: ObjectId;
  type: ObjectType;
  name: string;
  tagger: Signature;
  message: string;
}

export const DIRECTORY_MODE = 0o40000;
export const SYMLINK_MODE = 0o120000;

/** The tree without entries, which git knows without having it. */
export const EMPTY_TREE: ObjectId = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

interface StoredObject {
  type: ObjectType;
  body: Uint8Array;
}

export class ObjectStore {
  readonly #process: Process;
  readonly #directory: string;
  readonly #read = new Map<ObjectId, StoredObject>();

  constructor(process: Process, directory: string) {
    this.#process = process;
    this.#directory = directory;
  }

  #path(id: ObjectId): string {
    return `${this.#directory}/${id.slice(0, 2)}/${id.slice(2)}`;
  }

  has(id: ObjectId): boolean {
    if (this.#read.has(id) || id === EMPTY_TREE) return true;
    try {
      this.#process.fileSystem.stat(this.#path(id));
      return true;
    } catch {
      return false;
    }
  }

  async read(id: ObjectId): Promise<StoredObject> {
    const known = this.#read.get(id);
    if (known) return known;
    if (id === EMPTY_TREE) return { type: 'tree', body: new Uint8Array(0) };
    if (!this.has(id)) throw new Fatal(`unable to read ${id}`);
    const bytes = await inflate(this.#process, this.#process.fileSystem.readFile(this.#path(id)));
    const end = bytes?.indexOf(0) ?? -1;
    if (!bytes || end < 0) throw new Fatal(`loose object ${id} is corrupt`);
    const object = {
      type: decode(bytes.subarray(0, end)).split(' ')[0] as ObjectType,
      body: bytes.subarray(end + 1),
    };
    this.#read.set(id, object);
    return object;
  }

  async write(type: ObjectType, body: Uint8Array): Promise<ObjectId> {
    const { id, bytes } = stored(type, body);
    if (this.has(id)) return id;
    const files = this.#process.fileSystem;
    files.mkdir(joinPath(this.#directory, id.slice(0, 2)), { recursive: true });
    files.writeFile(this.#path(id), await deflate(this.#process, bytes));
    files.chmod(this.#path(id), 0o444);
    this.#read.set(id, { type, body });
    return id;
  }

  async commit(id: ObjectId): Promise<Commit> {
    const { type, body } = await this.read(id);
    if (type !== 'commit') throw new Fatal(`object ${id} is a ${type}, not a commit`);
    const { headers, message } = parseHeaders(decode(body));
    const one = (name: string) => headers.find(([key]) => key === name)?.[1] ?? '';
    return {
      tree: one('tree'),
      parents: headers.filter(([key]) => key === 'parent').map(([, value]) => value),
      author: parseSignature(one('author')),
      committer: parseSignature(one('committer')),
      message,
    };
  }

  async writeCommit({ tree, parents, author, committer, message }: Commit): Promise<ObjectId> {
    const lines = [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${signatureText(author)}`,
      `committer ${signatureText(committer)}`,
    ];
    return await this.write('commit', encode(`${lines.join('\n')}\n\n${message}`));
  }

  async tag(id: ObjectId): Promise<Tag> {
    const { headers, message } = parseHeaders(decode((await this.read(id)).body));
    const one = (name: string) => headers.find(([key]) => key === name)?.[1] ?? '';
    return {
      object: one('object'),
      type: one('type') as ObjectType,
      name: one('tag'),
      tagger: parseSignature(one('tagger')),
      message,
    };
  }

  async writeTag({ object, type, name, tagger, message }: Tag): Promise<ObjectId> {
    const text = `object ${object}\ntype ${type}\ntag ${name}\ntagger ${signatureText(tagger)}\n\n${message}`;
    return await this.write('tag', encode(text));
  }

  async tree(id: ObjectId): Promise<TreeEntry[]> {
    const { body } = await this.read(id);
    const entries: TreeEntry[] = [];
    for (let at = 0; at < body.length;) {
      const end = body.indexOf(0, at);
      const [mode, ...name] = decode(body.subarray(at, end)).split(' ');
      entries.push({
        mode: Number.parseInt(mode!, 8),
        name: name.join(' '),
        id: hex(body.subarray(end + 1, end + 21)),
      });
      at = end + 21;
    }
    return entries;
  }

  /** @param entries in any order */
  async writeTree(entries: readonly TreeEntry[]): Promise<ObjectId> {
    // git sorts a directory as if its name ended in a slash.
    const key = ({ name, mode }: TreeEntry) => (mode === DIRECTORY_MODE ? `${name}/` : name);
    const sorted = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    return await this.write(
      'tree',
      concat(sorted.flatMap(({ mode, name, id }) => [encode(`${mode.toString(8)} ${name}\0`), bytesOf(id)])),
    );
  }

  async blob(id: ObjectId): Promise<Uint8Array> {
    return (await this.read(id)).body;
  }

  /** Ids that begin with `prefix` (at least two digits). */
  withPrefix(prefix: string): ObjectId[] {
    try {
      const folder = prefix.slice(0, 2);
      return this.#process.fileSystem
        .readDirectory(joinPath(this.#directory, folder))
        .map((name) => folder + name)
        .filter((id) => id.startsWith(prefix));
    } catch {
      return [];
    }
  }

  /** Every id there is. */
  all(): ObjectId[] {
    return this.#process.fileSystem
      .readDirectory(this.#directory)
      .filter((name) => /^[0-9a-f]{2}$/.test(name))
      .flatMap((name) => this.withPrefix(name));
  }

  /** Copies what `other` has and this one lacks; how many objects. */
  copyFrom(other: ObjectStore): number {
    const files = this.#process.fileSystem;
    const missing = other.all().filter((id) => !this.has(id));
    for (const id of missing) {
      files.mkdir(joinPath(this.#directory, id.slice(0, 2)), { recursive: true });
      files.writeFile(this.#path(id), files.readFile(other.#path(id)));
      files.chmod(this.#path(id), 0o444);
    }
    return missing.length;
  }
}

/** The id that a blob has or would have. */
export const blobId = (body: Uint8Array): ObjectId => stored('blob', body).id;

function stored(type: ObjectType, body: Uint8Array): { id: ObjectId; bytes: Uint8Array } {
  const bytes = concat([encode(`${type} ${body.length}\0`), body]);
  const digest = new Sha1();
  digest.update(bytes);
  return { id: digest.finish(), bytes };
}

function parseHeaders(text: string): { headers: [string, string][]; message: string } {
  const end = text.indexOf('\n\n');
  const headers = text
    .slice(0, end < 0 ? undefined : end)
    .split('\n')
    .map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
  return { headers, message: end < 0 ? '' : text.slice(end + 2) };
}

export const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
export const bytesOf = (id: ObjectId): Uint8Array =>
  Uint8Array.from(id.match(/../g)!, (pair) => Number.parseInt(pair, 16));
