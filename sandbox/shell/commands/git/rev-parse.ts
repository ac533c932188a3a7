/** `git rev-parse`. */
import type { GitCommand } from './command.ts';
import { Fatal } from './problems.ts';
import { abbreviate, ambiguous, fullRef, resolveRevision, upstreamOf } from './revision.ts';

export const revParse: GitCommand = {
  usage: 'usage: git rev-parse [<options>] <args>...',
  options: [
    'short?',
    'abbrev-ref?',
    'verify',
    'q,quiet',
    'show-toplevel',
    'git-dir',
    'absolute-git-dir',
    'is-inside-work-tree',
    'is-inside-git-dir',
    'is-bare-repository',
    'show-prefix',
    'show-cdup',
    'symbolic-full-name',
    'all',
    'branches',
    'tags',
  ],
  run: async (git, options) => {
    const { repository } = git;
    const { prefix } = repository;
    const lines: string[] = [];
    if (options.has('show-toplevel')) lines.push(git.worktree.top);
    if (options.has('git-dir'))
      lines.push(
        prefix === '' && !repository.isBare ? '.git' : repository.isBare ? '.' : repository.directory,
      );
    if (options.has('absolute-git-dir')) lines.push(repository.directory);
    if (options.has('is-inside-work-tree')) lines.push(String(!repository.isBare));
    if (options.has('is-inside-git-dir')) lines.push('false');
    if (options.has('is-bare-repository')) lines.push(String(repository.isBare));
    if (options.has('show-prefix')) lines.push(prefix === '' ? '' : `${prefix}/`);
    if (options.has('show-cdup')) lines.push(prefix === '' ? '' : '../'.repeat(prefix.split('/').length));
    for (const key of ['all', 'branches', 'tags'] as const)
      if (options.has(key))
        for (const [, id] of repository.refs.list(
          { all: 'refs/', branches: 'refs/heads/', tags: 'refs/tags/' }[key],
        ))
          lines.push(id);
    for (const word of options.operands) {
      if (options.has('abbrev-ref') || options.has('symbolic-full-name')) {
        const full = nameOf(word);
        lines.push(
          options.has('symbolic-full-name')
            ? (full ?? '')
            : (full?.replace(/^refs\/(heads|tags|remotes)\//, '') ?? word),
        );
        continue;
      }
      const range = /^(.*?)\.\.(.*)$/.exec(word);
      for (const each of range ? [range[2] || 'HEAD', `^${range[1] || 'HEAD'}`] : [word]) {
        const id = await resolveRevision(repository, each.replace(/^\^/, ''));
        if (id === undefined) {
          if (options.has('verify'))
            throw options.has('quiet') ? new Fatal('', 1) : new Fatal('Needed a single revision');
          if (!options.has('short')) await git.print(`${word}\n`);
          throw ambiguous(word);
        }
        const length = Number(options.get('short') ?? 0);
        lines.push(
          (each.startsWith('^') ? '^' : '') +
            (options.has('short') ? (length > 0 ? id.slice(0, length) : abbreviate(repository, id)) : id),
        );
      }
    }
    await git.print(lines.map((line) => `${line}\n`).join(''));

    function nameOf(word: string): string | undefined {
      const upstream = /^(.*)@\{(?:u|upstream)\}$/.exec(word);
      if (upstream) {
        const branch = upstream[1] || repository.refs.branch!;
        const found = upstreamOf(repository, branch);
        if (!found) throw new Fatal(`no upstream configured for branch '${branch}'`);
        return found.ref;
      }
      const full = fullRef(repository, word);
      return full === 'HEAD' ? (repository.refs.target('HEAD') ?? 'HEAD') : full;
    }
  },
};
