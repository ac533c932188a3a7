/** `git clean`: takes untracked files away. */
import { joinPath } from '../../../os/path.ts';
import type { Process } from '../../../os/process.ts';
import type { GitCommand } from './command.ts';
import { Ignore } from './ignore.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import { untrackedFiles } from './worktree.ts';

export const clean: GitCommand = {
  usage: 'usage: git clean [-d] [-f] [-n] [-q] [-x | -X] [--] [<pathspec>...]',
  options: ['d', 'f,force', 'n,dry-run', 'q,quiet', 'x', 'X', 'i,interactive'],
  run: async (git, options) => {
    const repository = git.worktree;
    const dry = options.has('dry-run');
    if (!options.has('force') && !dry)
      throw new Fatal(
        'clean.requireForce defaults to true and neither -i, -n, nor -f given; refusing to clean',
      );
    const pathspec = new Pathspec(repository, options.everything);
    const { paths, ignored } = await untrackedFiles(repository, new Ignore(repository));
    const chosen = options.has('X') ? ignored : options.has('x') ? [...paths, ...ignored].sort() : paths;
    for (const path of chosen) {
      if (
        (path.endsWith('/') && !options.has('d') && options.everything.length === 0) ||
        !pathspec.matches(path.replace(/\/$/, ''))
      )
        continue;
      if (!options.has('quiet'))
        await git.print(`${dry ? 'Would remove' : 'Removing'} ${repository.relative(path)}\n`);
      if (!dry) removeTree(git.process, repository.absolute(path.replace(/\/$/, '')));
    }
  },
};

function removeTree(process: Process, path: string): void {
  const files = process.fileSystem;
  if (files.lstat(path).kind !== 'directory') return files.unlink(path);
  for (const name of files.readDirectory(path)) removeTree(process, joinPath(path, name));
  files.rmdir(path);
}
