/**
 * The tree of names of a file system that speaks WebHDFS, with Hadoop's rules: directories come into being on the
 * way to a file, a rename into a directory goes below it, and what cannot be done is one of Hadoop's
 * exceptions. What a file holds is the implementation's: its text, or where that is.
 */

interface Directory {
  type: 'DIRECTORY';
  modificationTime: number;
  children: Map<string, FileNode<never> | Directory>;
}

/** A file; `content` is what its implementation finds it by. */
export interface FileNode<Content> {
  type: 'FILE';
  modificationTime: number;
  lengthBytes: number;
  content: Content;
}

export type TreeNode<Content> = FileNode<Content> | Directory;

/** A Java exception as the REST API tells it. */
export class RemoteException extends Error {
  readonly status: number;
  /** `java.io.FileNotFoundException`. */
  readonly className: string;

  constructor(status: number, className: string, message: string) {
    super(message);
    this.status = status;
    this.className = className;
  }
}

const ACCESS = 'org.apache.hadoop.fs';

export class FileTree<Content> {
  readonly #root: Directory;
  readonly #now: () => number;

  /** @param now epoch ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#root = this.#newDirectory();
  }

  /** Undefined: there is nothing at `path`. */
  find(path: string): TreeNode<Content> | undefined {
    let node: TreeNode<Content> = this.#root;
    for (const name of parts(path)) {
      const next: TreeNode<Content> | undefined =
        node.type === 'DIRECTORY' ? node.children.get(name) : undefined;
      if (!next) return undefined;
      node = next;
    }
    return node;
  }

  stat(path: string): TreeNode<Content> {
    const node = this.find(path);
    if (!node) throw notFound(`File does not exist: ${path}`);
    return node;
  }

  file(path: string): FileNode<Content> {
    const node = this.stat(path);
    if (node.type === 'DIRECTORY') throw notFound(`Path is not a file: ${path}`);
    return node;
  }

  /** What is in a directory by name, sorted; a file alone has no name in its list. */
  list(path: string): [name: string, node: TreeNode<Content>][] {
    const node = this.find(path);
    if (!node) throw notFound(`File ${path} does not exist.`);
    if (node.type === 'FILE') return [['', node]];
    return [...node.children].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  makeDirectories(path: string): void {
    this.#directory(path, parts(path));
  }

  /** Answers what was overwritten. */
  write(path: string, lengthBytes: number, content: Content, overwrite: boolean): Content | undefined {
    const before = this.find(path);
    if (before?.type === 'DIRECTORY') throw exists(`${path} already exists as a directory`);
    if (before && !overwrite) throw exists(`${path} already exists`);
    const names = parts(path);
    const name = names.pop();
    if (name === undefined) throw exists(`${path} already exists as a directory`);
    const parent = this.#directory(path, names);
    const file: FileNode<Content> = { type: 'FILE', modificationTime: this.#now(), lengthBytes, content };
    parent.children.set(name, file as FileNode<never>);
    parent.modificationTime = file.modificationTime;
    return before?.content;
  }

  /** False where Hadoop says so: nothing there, a place that is taken, or one inside of what is moved. */
  rename(path: string, destination: string): boolean {
    const node = this.find(path);
    const name = parts(path).at(-1);
    if (!node || name === undefined) return false;
    const target = this.find(destination)?.type === 'DIRECTORY' ? `${destination}/${name}` : destination;
    const names = parts(target);
    const last = names.pop()!;
    const inside = `/${names.join('/')}/`.startsWith(`/${parts(path).join('/')}/`);
    const parent = this.find(names.join('/'));
    if (this.find(target) || inside || parent?.type !== 'DIRECTORY') return false;
    this.delete(path, true);
    parent.children.set(last, node as FileNode<never>);
    parent.modificationTime = this.#now();
    return true;
  }

  /** Answers the files that are gone; undefined when there was nothing. */
  delete(path: string, recursive: boolean): Content[] | undefined {
    const node = this.find(path);
    const names = parts(path);
    const name = names.pop();
    if (!node || name === undefined) return undefined;
    if (node.type === 'DIRECTORY' && node.children.size > 0 && !recursive)
      throw new RemoteException(
        403,
        `${ACCESS}.PathIsNotEmptyDirectoryException`,
        `\`${path} is non empty': Directory is not empty`,
      );
    const parent = this.find(names.join('/')) as Directory;
    parent.children.delete(name);
    parent.modificationTime = this.#now();
    return contentsBelow(node);
  }

  #directory(path: string, names: string[]): Directory {
    let directory = this.#root;
    for (const name of names) {
      let next = directory.children.get(name);
      if (!next) directory.children.set(name, (next = this.#newDirectory()));
      if (next.type === 'FILE')
        throw new RemoteException(
          403,
          `${ACCESS}.ParentNotDirectoryException`,
          `${path}: ${name} is not a directory`,
        );
      directory = next;
    }
    return directory;
  }

  #newDirectory(): Directory {
    return { type: 'DIRECTORY', modificationTime: this.#now(), children: new Map() };
  }
}

const parts = (path: string): string[] => path.split('/').filter((name) => name !== '');

const notFound = (message: string) => new RemoteException(404, 'java.io.FileNotFoundException', message);

const exists = (message: string) => new RemoteException(403, `${ACCESS}.FileAlreadyExistsException`, message);

function contentsBelow<Content>(node: TreeNode<Content>): Content[] {
  if (node.type === 'FILE') return [node.content];
  return [...node.children.values()].flatMap((child) => contentsBelow<Content>(child));
}
