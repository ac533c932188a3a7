/** A repository as a command sees it: its folders, objects, refs, index and configuration. */
import { decode, encode } from '../../../core/bytes.ts';
import { joinPath, parentOf } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import { kindOf } from '../destination.ts';
import { Config } from './config-file.ts';
import { Index } from './index-file.ts';
import { EMPTY_TREE, ObjectStore, type ObjectId } from './objects.ts';
import { Refs, type Movement } from './refs.ts';
import { signatureOf } from './signature.ts';

export class Repository {
  readonly process: Process;
  /** The working tree's top, absolute; for a bare repository its own folder. */
  readonly top: string;
  /** `.git`, absolute. */
  readonly directory: string;
  readonly isBare: boolean;
  readonly objects: ObjectStore;
  readonly refs: Refs;
  readonly config: Config;
  #index: Index | undefined;

  constructor(process: Process, top: string, directory: string, overrides: readonly string[] = []) {
    this.process = process;
    this.top = top;
    this.directory = directory;
    this.isBare = top === directory;
    this.objects = new ObjectStore(process, joinPath(directory, 'objects'));
    this.refs = new Refs(process.fileSystem, directory);
    this.config = new Config(process, directory, overrides);
  }

  /** Where `path` or a folder above it has a repository. */
  static find(process: Process, path: string, overrides: readonly string[]): Repository | undefined {
    for (let at = path; ; at = parentOf(at)) {
      const found = Repository.at(process, at, overrides);
      if (found || at === '/') return found;
    }
  }

  /** The repository whose top is `path`. */
  static at(process: Process, path: string, overrides: readonly string[] = []): Repository | undefined {
    const inner = joinPath(path, '.git');
    if (isRepository(process, inner)) return new Repository(process, path, inner, overrides);
    return isRepository(process, path) ? new Repository(process, path, path, overrides) : undefined;
  }

  get index(): Index {
    this.#index ??= new Index(this.process.fileSystem, joinPath(this.directory, 'index'));
    return this.#index;
  }

  get head(): ObjectId | undefined {
    return this.refs.id('HEAD');
  }

  /** The tree of HEAD; the empty one before the first commit. */
  async headTree(): Promise<ObjectId> {
    const { head } = this;
    return head === undefined ? EMPTY_TREE : (await this.objects.commit(head)).tree;
  }

  /** Who to write into a ref's log, and why. */
  movement(message: string): Movement {
    const { environment } = this.process;
    const who = { ...environment };
    // Moving a ref needs no identity.
    const known =
      (environment['GIT_COMMITTER_NAME'] ?? this.config.get('user.name')) &&
      (environment['GIT_COMMITTER_EMAIL'] ?? this.config.get('user.email'));
    const signature = known
      ? signatureOf(this.process, this.config, 'COMMITTER')
      : {
          name: who['USER'] ?? 'root',
          email: `${who['USER'] ?? 'root'}@${this.process.machine.hostname}`,
          seconds: Math.floor(this.process.machine.clock.now() / 1000),
          zone: '+0000',
        };
    return { who: signature, message };
  }

  /** A file of `.git` as text; undefined when it is not there. */
  read(name: string): string | undefined {
    const path = joinPath(this.directory, name);
    return kindOf(this.process.fileSystem, path) === 'file'
      ? decode(this.process.fileSystem.readFile(path))
      : undefined;
  }

  write(name: string, text: string): void {
    this.process.fileSystem.writeFile(joinPath(this.directory, name), encode(text));
  }

  remove(...names: string[]): void {
    for (const name of names)
      if (this.read(name) !== undefined) this.process.fileSystem.unlink(joinPath(this.directory, name));
  }

  /** Of a path of the working tree, absolute. */
  absolute(path: string): string {
    return joinPath(this.top, path);
  }

  /** Where the process stands, seen from the top: `''` or `a/b`. */
  get prefix(): string {
    const { directory } = this.process;
    return directory === this.top || !directory.startsWith(`${this.top === '/' ? '' : this.top}/`)
      ? ''
      : directory.slice(this.top === '/' ? 1 : this.top.length + 1);
  }

  /** A path of the working tree as it is called from where the process stands. */
  relative(path: string): string {
    const from = this.prefix === '' ? [] : this.prefix.split('/');
    const to = path.split('/');
    let same = 0;
    while (same < from.length && same < to.length - (path.endsWith('/') ? 1 : 0) && from[same] === to[same])
      same++;
    return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/') || './';
  }
}

const isRepository = (process: Process, path: string): boolean =>
  kindOf(process.fileSystem, joinPath(path, 'HEAD')) === 'file' &&
  kindOf(process.fileSystem, joinPath(path, 'objects')) === 'directory';

/** Makes the folders and files of a new repository. */
export function createRepository(process: Process, directory: string, branch: string, bare: boolean): void {
  const files = process.fileSystem;
  for (const each of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    files.mkdir(joinPath(directory, each), { recursive: true });
  const write = (name: string, text: string) => {
    if (kindOf(files, joinPath(directory, name)) === undefined)
      files.writeFile(joinPath(directory, name), encode(text));
  };
  write('HEAD', `ref: refs/heads/${branch}\n`);
  write(
    'config',
    `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = ${bare}\n${bare ? '' : '\tlogallrefupdates = true\n'}`,
  );
  write('description', "Unnamed repository; edit this file 'description' to name the repository.\n");
  write(
    'info/exclude',
    "# git ls-files --others --exclude-from=.git/info/exclude\n# Lines that start with '#' are comments.\n# For a project mostly in C, the following would be a good set of\n# exclude patterns (uncomment them if you want to use them):\n# *.[oa]\n# *~\n",
  );
}
