/** `git remote`: add, remove, rename, set-url, get-url, show, prune. */
import type { Git, GitCommand } from './command.ts';
import { fetchRemote, remoteNames } from './fetch.ts';
import type { GitOptions } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import { refuseNetwork, remoteOf } from './remote-repository.ts';

export const remote: GitCommand = {
  usage:
    'usage: git remote [-v | --verbose]\n   or: git remote add [-f] <name> <url>\n   or: git remote rename <old> <new>\n   or: git remote remove <name>\n   or: git remote set-url <name> <newurl>\n   or: git remote get-url <name>\n   or: git remote prune <name>',
  options: ['v,verbose', 'f', 'q,quiet', 'push', 'all', 'n,dry-run'],
  run: async (git, options) => {
    const [verb, ...words] = options.operands;
    if (verb === undefined) {
      for (const name of remoteNames(git)) {
        const { url } = remoteOf(git, name);
        await git.print(
          options.has('verbose') ? `${name}\t${url} (fetch)\n${name}\t${url} (push)\n` : `${name}\n`,
        );
      }
      return 0;
    }
    return await change(git, verb, words, options);
  },
};

async function change(
  git: Git,
  verb: string,
  words: readonly string[],
  options: GitOptions,
): Promise<number> {
  const { repository } = git;
  const config = repository.config.local!;
  const names = remoteNames(git);
  const [name, other] = words;
  const need = (count: number) => {
    if (words.length < count)
      throw new Fatal(
        remote.usage
          .split('\n')
          .find((line) => line.includes(`remote ${verb} `))
          ?.replace(/^(usage| {3}or): /, 'usage: ') ?? 'usage: git remote',
        129,
      );
  };
  const existing = (each: string) => {
    if (!names.includes(each))
      throw new Failed(`No such remote${verb === 'get-url' || verb === 'set-url' ? '' : ':'} '${each}'`, 2);
    return each;
  };
  switch (verb) {
    case 'add':
      need(2);
      if (names.includes(name!)) throw new Failed(`remote ${name} already exists.`, 3);
      config.set(`remote.${name}.url`, other!);
      config.set(`remote.${name}.fetch`, `+refs/heads/*:refs/remotes/${name}/*`);
      if (options.has('f')) await fetchRemote(git, { name: name!, url: other! }, {});
      return 0;
    case 'remove':
    case 'rm':
      need(1);
      existing(name!);
      config.editSection(`remote.${name}`);
      for (const [each] of repository.refs.list(`refs/remotes/${name}/`))
        repository.refs.delete(`refs/remotes/${name}/${each}`);
      for (const { name: key, value } of config.settings) {
        const branch = /^branch\.(.*)\.remote$/.exec(key)?.[1];
        if (branch !== undefined && value === name) config.editSection(`branch.${branch}`);
      }
      return 0;
    case 'rename':
      need(2);
      existing(name!);
      config.editSection(`remote.${name}`, `remote.${other}`);
      config.set(`remote.${other}.fetch`, `+refs/heads/*:refs/remotes/${other}/*`);
      for (const [each] of repository.refs.list(`refs/remotes/${name}/`))
        repository.refs.rename(`refs/remotes/${name}/${each}`, `refs/remotes/${other}/${each}`);
      for (const { name: key, value } of config.settings)
        if (/^branch\..*\.remote$/.test(key) && value === name) config.set(key, other!);
      return 0;
    case 'set-url':
      need(2);
      config.set(`remote.${existing(name!)}.url`, other!);
      return 0;
    case 'get-url':
      need(1);
      await git.print(`${remoteOf(git, existing(name!)).url}\n`);
      return 0;
    case 'prune':
      need(1);
      await fetchRemote(git, remoteOf(git, existing(name!)), { prune: true });
      return 0;
    case 'show':
      need(1);
      refuseNetwork(remoteOf(git, existing(name!)).url);
      await git.print(
        `* remote ${name}\n  Fetch URL: ${remoteOf(git, name!).url}\n  Push  URL: ${remoteOf(git, name!).url}\n`,
      );
      return 0;
    default:
      throw new Failed(`Unknown subcommand: ${verb}\n${remote.usage}`, 129);
  }
}
