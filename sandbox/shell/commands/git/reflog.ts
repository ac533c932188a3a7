/** `git reflog`: where a ref has been. */
import type { GitCommand } from './command.ts';
import { Fatal } from './problems.ts';
import { abbreviate, fullRef } from './revision.ts';

export const reflog: GitCommand = {
  usage: 'usage: git reflog [show] [<ref>]',
  options: ['n,max-count=', 'all', 'date='],
  run: async (git, options) => {
    const { repository } = git;
    const words = options.operands[0] === 'show' ? options.operands.slice(1) : options.operands;
    if (words[0] === 'expire' || words[0] === 'delete')
      throw new Fatal(`git reflog ${words[0]} is not built here: the log is short`);
    const name = words[0] ?? 'HEAD';
    const ref = fullRef(repository, name);
    if (ref === undefined) {
      if (name === 'HEAD')
        throw new Fatal(`your current branch '${repository.refs.branch}' does not have any commits yet`);
      throw new Fatal(
        `ambiguous argument '${name}': unknown revision or path not in the working tree.\nUse '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'`,
      );
    }
    git.page();
    const entries = repository.refs
      .logOf(ref)
      .reverse()
      .slice(0, Number(options.get('max-count') ?? Infinity));
    for (const [i, entry] of entries.entries())
      await git.print(
        `${git.paint('commit', abbreviate(repository, entry.new))} ${name}@{${i}}: ${entry.message}\n`,
      );
  },
};
