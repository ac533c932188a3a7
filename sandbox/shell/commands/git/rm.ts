/** `git rm`. */
import type { GitCommand } from './command.ts';
import { Pathspec } from './pathspec.ts';
import { Failed, Fatal } from './problems.ts';
import { filesOf, sameFile } from './tree-files.ts';
import { currentFile, removeWorktreeFile } from './worktree.ts';

export const rm: GitCommand = {
  usage: 'usage: git rm [-f | --force] [-n] [-r] [--cached] [--ignore-unmatch] [--quiet] [--] <pathspec>...',
  options: ['f,force', 'n,dry-run', 'r', 'cached', 'ignore-unmatch', 'q,quiet'],
  run: async (git, options) => {
    const repository = git.worktree;
    const { index } = repository;
    if (options.everything.length === 0)
      throw new Fatal('No pathspec was given. Which files should I remove?');
    const pathspec = new Pathspec(repository, options.everything);
    const paths = [...index.paths].filter((path) => pathspec.matches(path));
    const absent = pathspec.unused[0];
    if (absent !== undefined && !options.has('ignore-unmatch'))
      throw new Fatal(`pathspec '${absent}' did not match any files`);
    const folder = pathspec.items.find(
      ({ path }) =>
        !index.paths.has(path) && paths.some((each) => path === '' || each.startsWith(`${path}/`)),
    );
    if (folder && !options.has('r')) throw new Fatal(`not removing '${folder.given}' recursively without -r`);
    if (!options.has('force')) {
      const head = await filesOf(repository.objects, await repository.headTree());
      const [staged, touched, both]: [string[], string[], string[]] = [[], [], []];
      for (const path of paths) {
        const entry = index.get(path);
        if (!entry) continue;
        const current = await currentFile(repository, entry);
        const [isStaged, isTouched] = [
          !sameFile(entry, head.get(path)),
          current !== undefined && !sameFile(current, entry),
        ];
        if (isStaged && isTouched) both.push(path);
        else if (isStaged && !options.has('cached')) staged.push(path);
        else if (isTouched && !options.has('cached')) touched.push(path);
      }
      const complaint = (list: string[], what: string, advice: string) =>
        list.length === 0
          ? []
          : [
              `the following ${list.length === 1 ? 'file has' : 'files have'} ${what}:\n${list.map((path) => `    ${path}\n`).join('')}(${advice})`,
            ];
      const problems = [
        ...complaint(
          both,
          `staged content different from both the\nfile and the HEAD`,
          'use -f to force removal',
        ),
        ...complaint(
          staged,
          'changes staged in the index',
          'use --cached to keep the file, or -f to force removal',
        ),
        ...complaint(touched, 'local modifications', 'use --cached to keep the file, or -f to force removal'),
      ];
      if (problems.length > 0) throw new Failed(problems.join('\nerror: '));
    }
    for (const path of paths) {
      if (!options.has('quiet')) await git.print(`rm '${path}'\n`);
      if (options.has('dry-run')) continue;
      index.remove(path);
      if (!options.has('cached')) removeWorktreeFile(repository, path);
    }
    if (!options.has('dry-run')) index.write();
  },
};
