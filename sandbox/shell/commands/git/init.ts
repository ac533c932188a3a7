/** `git init`. */
import { joinPath } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { GitCommand } from './command.ts';
import { Fatal } from './problems.ts';
import { isRefName } from './refs.ts';
import { createRepository } from './repository.ts';

const HINTS = `hint: Using 'master' as the name for the initial branch. This default branch name
hint: is subject to change. To configure the initial branch name to use in all
hint: of your new repositories, which will suppress this warning, call:
hint: 
hint: \tgit config --global init.defaultBranch <name>
hint: 
hint: Names commonly chosen instead of 'master' are 'main', 'trunk' and
hint: 'development'. The just-created branch can be renamed via this command:
hint: 
hint: \tgit branch -m <name>
`;

export const init: GitCommand = {
  usage: 'usage: git init [-q | --quiet] [--bare] [-b <branch-name>] [<directory>]',
  options: ['q,quiet', 'bare', 'b,initial-branch='],
  run: async (git, options) => {
    const { process } = git;
    const bare = options.has('bare');
    const top = process.resolve(options.operands[0] ?? '.');
    const directory = bare ? top : joinPath(top, '.git');
    const again = kindOf(process.fileSystem, joinPath(directory, 'HEAD')) === 'file';
    const chosen = options.get('initial-branch') ?? git.config.get('init.defaultbranch');
    if (chosen !== undefined && !isRefName(chosen))
      throw new Fatal(`invalid initial branch name: '${chosen}'`);
    if (again && options.get('initial-branch') !== undefined)
      await git.printError(`warning: re-init: ignored --initial-branch=${chosen}\n`);
    if (chosen === undefined && !again && !options.has('quiet')) await git.printError(HINTS);
    createRepository(process, directory, chosen ?? 'master', bare);
    if (!options.has('quiet'))
      await git.print(
        `${again ? 'Reinitialized existing' : 'Initialized empty'} Git repository in ${directory}/\n`,
      );
  },
};
