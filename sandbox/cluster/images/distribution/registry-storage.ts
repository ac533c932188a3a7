/**
 * What a registry keeps, in the layout of the distribution project under its root directory: blobs by digest,
 * and for each repository links that say which of them it has and what its tags name.
 */
import { decode, encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { FileSystem } from '../../../os/file-system.ts';
import { parentOf } from '../../../os/path.ts';

export type LinkKind = '_layers' | '_manifests/revisions';

export class RegistryStorage {
  readonly #files: FileSystem;
  readonly #root: string;

  /** @param root absolute; made when the first blob comes. */
  constructor(files: FileSystem, root: string) {
    this.#files = files;
    this.#root = `${root}/docker/registry/v2`;
  }

  /** Contents of a blob that `repository` has. */
  blob(repository: string, kind: LinkKind, digest: string): Uint8Array | undefined {
    return this.#read(this.#link(repository, kind, digest)) && this.anyBlob(digest);
  }

  /** Contents of a blob, whoever has it. */
  anyBlob(digest: string): Uint8Array | undefined {
    return this.#read(this.#blobPath(digest));
  }

  /** Keeps a blob and gives it to `repository`. */
  put(repository: string, kind: LinkKind, digest: string, contents: Uint8Array): void {
    if (!this.anyBlob(digest)) this.#write(this.#blobPath(digest), contents);
    this.link(repository, kind, digest);
  }

  link(repository: string, kind: LinkKind, digest: string): void {
    this.#write(this.#link(repository, kind, digest), encode(digest));
  }

  /** Takes a blob from a repository; false: it did not have it. */
  unlink(repository: string, kind: LinkKind, digest: string): boolean {
    const path = this.#link(repository, kind, digest);
    if (!this.#read(path)) return false;
    this.#files.unlink(path);
    return true;
  }

  /** The digest that a tag names. */
  tag(repository: string, tag: string): string | undefined {
    const link = this.#read(`${this.#tags(repository)}/${tag}/current/link`);
    return link && decode(link);
  }

  setTag(repository: string, tag: string, digest: string): void {
    this.#write(`${this.#tags(repository)}/${tag}/current/link`, encode(digest));
  }

  removeTag(repository: string, tag: string): boolean {
    if (this.tag(repository, tag) === undefined) return false;
    this.#files.unlink(`${this.#tags(repository)}/${tag}/current/link`);
    return true;
  }

  /** Tags of a repository, sorted; undefined: there is no such repository. */
  tags(repository: string): string[] | undefined {
    const names = this.#list(this.#tags(repository));
    if (!names && !this.#list(`${this.#root}/repositories/${repository}`)) return undefined;
    return (names ?? []).filter((name) => this.tag(repository, name) !== undefined).sort();
  }

  /** Names of all repositories, sorted. */
  repositories(): string[] {
    const found: string[] = [];
    const walk = (name: string) => {
      for (const child of this.#list(`${this.#root}/repositories${name && `/${name}`}`) ?? []) {
        if (child === '_manifests') found.push(name);
        else if (!child.startsWith('_')) walk(name ? `${name}/${child}` : child);
      }
    };
    walk('');
    return found.sort();
  }

  #blobPath(digest: string): string {
    const hex = digest.slice('sha256:'.length);
    return `${this.#root}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
  }

  #link(repository: string, kind: LinkKind, digest: string): string {
    return `${this.#root}/repositories/${repository}/${kind}/${digest.replace(':', '/')}/link`;
  }

  #tags(repository: string): string {
    return `${this.#root}/repositories/${repository}/_manifests/tags`;
  }

  #read(path: string): Uint8Array | undefined {
    return unlessAbsent(() => this.#files.readFile(path));
  }

  #list(path: string): string[] | undefined {
    return unlessAbsent(() => this.#files.readDirectory(path));
  }

  #write(path: string, contents: Uint8Array): void {
    this.#files.mkdir(parentOf(path), { recursive: true });
    this.#files.writeFile(path, contents);
  }
}

function unlessAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Errno && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
