/** `git add`. */
import { kindOf } from '../destination.ts';
import type { GitCommand } from './command.ts';
import { Ignore } from './ignore.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import { sameFile } from './tree-files.ts';
import { currentFile, stageFile, untrackedFiles } from './worktree.ts';

export const add: GitCommand = {
  usage:
    'usage: git add [<options>] [--] <pathspec>...\n\n    -n, --dry-run         dry run\n    -v, --verbose         be verbose\n    -f, --force           allow adding otherwise ignored files\n    -u, --update          update tracked files\n    -A, --all             add changes from all tracked and untracked files',
  options: [
    'n,dry-run',
    'v,verbose',
    'f,force',
    'u,update',
    'A,all',
    'p,patch',
    'i,interactive',
    'N,intent-to-add',
  ],
  run: async (git, options) => {
    for (const key of ['patch', 'interactive', 'intent-to-add'])
      if (options.has(key)) throw new Fatal(`--${key} is not built here: add whole files`);
    const repository = git.worktree;
    const { index, process } = repository;
    const given = options.everything;
    const wholeTree = options.has('all') || options.has('update');
    if (given.length === 0 && !wholeTree) {
      await git.printError(
        'Nothing specified, nothing added.\nhint: Maybe you wanted to say \'git add .\'?\nhint: Turn this message off by running\nhint: "git config advice.addEmptyPathspec false"\n',
      );
      return 0;
    }
    const pathspec = new Pathspec(repository, given);
    const dry = options.has('dry-run');
    const ignore = new Ignore(repository);
    const said: string[] = [];
    for (const path of index.paths) {
      if (!pathspec.matches(path)) continue;
      const entry = index.get(path);
      const current = entry ? await currentFile(repository, entry) : undefined;
      if (entry && sameFile(entry, current)) continue;
      if (entry && !current) {
        said.push(`remove '${path}'\n`);
        if (!dry) index.remove(path);
        continue;
      }
      said.push(`add '${path}'\n`);
      if (dry) continue;
      if (!(await stageFile(repository, path))) index.remove(path);
    }
    if (!options.has('update')) {
      const untracked = await untrackedFiles(repository, ignore, true);
      const extra = options.has('force') ? await ignoredFiles() : [];
      for (const path of [...untracked.paths, ...extra].sort()) {
        if (!pathspec.matches(path.replace(/\/$/, ''))) continue;
        if (path.endsWith('/'))
          throw new Fatal(
            `'${path}' is a repository of its own; submodules are not built here. Put it into .gitignore`,
          );
        said.push(`add '${path}'\n`);
        if (!dry) await stageFile(repository, path);
      }
    }
    const unused = pathspec.unused.filter(
      (each) => kindOf(process.fileSystem, process.resolve(each)) !== 'directory',
    );
    const ignored = pathspec.items.filter(
      ({ given: each, path }) =>
        pathspec.unused.includes(each) &&
        path !== '' &&
        ignore.ignores(path, kindOf(process.fileSystem, process.resolve(each)) === 'directory') &&
        kindOf(process.fileSystem, process.resolve(each)) !== undefined,
    );
    const absent = unused.filter((each) => !ignored.some(({ given: other }) => other === each));
    if (absent.length > 0) throw new Fatal(`pathspec '${absent[0]}' did not match any files`);
    if (!dry) index.write();
    if (options.has('verbose') || dry) for (const line of said) await git.print(line);
    if (ignored.length === 0) return 0;
    await git.printError(
      `The following paths are ignored by one of your .gitignore files:\n${ignored.map(({ path }) => `${path}\n`).join('')}hint: Use -f if you really want to add them.\nhint: Turn this message off by running\nhint: "git config advice.addIgnoredFile false"\n`,
    );
    return 1;

    /** Ignored files, one by one, that the paths name. */
    async function ignoredFiles(): Promise<string[]> {
      const everything = await untrackedFiles(repository, new Ignore(repository, false), true);
      return everything.paths.filter((path) => pathspec.matches(path) && ignore.ignores(path, false));
    }
  },
};
