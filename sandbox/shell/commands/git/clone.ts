/** `git clone` of a directory. */
import { joinPath, nameOf } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import type { GitCommand } from './command.ts';
import { ConfigFile } from './config-file.ts';
import { switchFiles } from './merge-files.ts';
import { EMPTY_TREE } from './objects.ts';
import { Fatal, UsageProblem } from './problems.ts';
import { refuseNetwork } from './remote-repository.ts';
import { createRepository, Repository } from './repository.ts';

export const clone: GitCommand = {
  usage: 'usage: git clone [<options>] [--] <repo> [<dir>]',
  options: [
    'bare',
    'b,branch=',
    'o,origin=',
    'q,quiet',
    'n,checkout',
    'depth=',
    'l,local',
    'single-branch',
    'v,verbose',
  ],
  run: async (git, options) => {
    const { process } = git;
    const files = process.fileSystem;
    const [source, given] = options.everything;
    if (source === undefined) throw new UsageProblem('You must specify a repository to clone.', true);
    refuseNetwork(source);
    const path = process.resolve(source.replace(/^file:\/\//, ''));
    const other = Repository.at(process, path) ?? Repository.at(process, `${path}.git`);
    if (!other) throw new Fatal(`repository '${source}' does not exist`);
    const bare = options.has('bare');
    const name =
      given ?? `${nameOf(other.isBare ? path : other.top).replace(/\.git$/, '')}${bare ? '.git' : ''}`;
    const top = process.resolve(name);
    if (
      kindOf(files, top) !== undefined &&
      (kindOf(files, top) !== 'directory' || files.readDirectory(top).length > 0)
    )
      throw new Fatal(`destination path '${name}' already exists and is not an empty directory.`);
    if (!options.has('quiet'))
      await git.printError(`Cloning into ${bare ? 'bare repository ' : ''}'${name}'...\n`);
    const directory = bare ? top : joinPath(top, '.git');
    const wanted = options.get('branch');
    const branch = wanted ?? other.refs.branch ?? 'master';
    if (
      wanted !== undefined &&
      other.refs.id(`refs/heads/${wanted}`) === undefined &&
      other.refs.id(`refs/tags/${wanted}`) === undefined
    )
      throw new Fatal(`Remote branch ${wanted} not found in upstream ${options.get('origin') ?? 'origin'}`);
    createRepository(process, directory, branch, bare);
    const remote = options.get('origin') ?? 'origin';
    const config = new ConfigFile(process, `${directory}/config`);
    config.set(`remote.${remote}.url`, path);
    if (!bare) config.set(`remote.${remote}.fetch`, `+refs/heads/*:refs/remotes/${remote}/*`);
    const made = new Repository(process, top, directory, git.overrides);
    made.objects.copyFrom(other.objects);
    const movement = made.movement(`clone: from ${path}`);
    for (const [each, id] of other.refs.list('refs/heads/'))
      made.refs.update(bare ? `refs/heads/${each}` : `refs/remotes/${remote}/${each}`, id);
    for (const [each, id] of other.refs.list('refs/tags/')) made.refs.update(`refs/tags/${each}`, id);
    const id = other.refs.id(`refs/heads/${branch}`) ?? other.refs.id(`refs/tags/${branch}`);
    if (id === undefined) await git.printError('warning: You appear to have cloned an empty repository.\n');
    if (bare) return void (options.has('quiet') ? undefined : await git.printError('done.\n'));
    if (other.refs.branch !== undefined && other.refs.id('HEAD') !== undefined)
      made.refs.setSymbolic(`refs/remotes/${remote}/HEAD`, `refs/remotes/${remote}/${other.refs.branch}`);
    config.set(`branch.${branch}.remote`, remote);
    config.set(`branch.${branch}.merge`, `refs/heads/${branch}`);
    if (id !== undefined) {
      made.refs.update('HEAD', id, movement);
      if (!options.denied('checkout') && !options.has('checkout'))
        await switchFiles(made, EMPTY_TREE, (await made.objects.commit(id)).tree, 'checkout');
    }
    if (!options.has('quiet')) await git.printError('done.\n');
  },
};
