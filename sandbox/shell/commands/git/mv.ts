/** `git mv`. */
import { joinPath, nameOf, parentOf } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { GitCommand } from './command.ts';
import { indexEntry } from './index-file.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal, UsageProblem } from './problems.ts';

export const mv: GitCommand = {
  usage: 'usage: git mv [<options>] <source>... <destination>',
  options: ['f,force', 'k', 'n,dry-run', 'v,verbose'],
  run: async (git, options) => {
    const repository = git.worktree;
    const { index, process } = repository;
    const files = process.fileSystem;
    const given = options.everything;
    if (given.length < 2) throw new UsageProblem('', true);
    const destination = given.at(-1)!;
    const [target] = new Pathspec(repository, [destination]).items;
    const intoFolder = kindOf(files, process.resolve(destination)) === 'directory';
    if (given.length > 2 && !intoFolder) throw new Fatal(`destination '${destination}' is not a directory`);
    for (const { given: name, path: source } of new Pathspec(repository, given.slice(0, -1)).items) {
      const to = intoFolder
        ? target!.path === ''
          ? nameOf(source)
          : joinPath(target!.path, nameOf(source))
        : target!.path;
      const fail = (reason: string): never => {
        throw new Fatal(`${reason}, source=${name}, destination=${to}`);
      };
      const inside = [...index.paths].filter((path) => path.startsWith(`${source}/`));
      if (kindOf(files, repository.absolute(source)) === undefined) fail('bad source');
      if (inside.length === 0 && !index.paths.has(source))
        fail(
          kindOf(files, repository.absolute(source)) === 'directory'
            ? 'source directory is empty'
            : 'not under version control',
        );
      if (kindOf(files, repository.absolute(to)) !== undefined && !options.has('force'))
        fail('destination exists');
      if (
        kindOf(
          files,
          repository.absolute(parentOf(to) === '.' ? '' : parentOf(to)).replace(/\/$/, '') || '/',
        ) !== 'directory'
      )
        throw new Fatal(`renaming '${name}' failed: No such file or directory`);
      if (options.has('verbose') || options.has('dry-run')) await git.print(`Renaming ${source} to ${to}\n`);
      if (options.has('dry-run')) continue;
      files.rename(repository.absolute(source), repository.absolute(to));
      for (const path of inside.length > 0 ? inside : [source]) {
        const entry = index.get(path);
        const moved = to + path.slice(source.length);
        index.remove(path);
        if (entry)
          index.add(indexEntry(moved, entry.mode, entry.id, files.lstat(repository.absolute(moved))));
      }
    }
    index.write();
  },
};
