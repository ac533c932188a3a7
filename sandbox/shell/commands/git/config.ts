/** `git config`. */
import { canonical } from './config-file.ts';
import type { GitCommand } from './command.ts';
import { Failed, Fatal, UsageProblem } from './problems.ts';

export const config: GitCommand = {
  usage:
    'usage: git config [--global | --local] [--get | --get-all | --unset | --add | -l] [<name> [<value>]]',
  options: [
    'global',
    'local',
    'system',
    'get',
    'get-all',
    'unset',
    'unset-all',
    'add',
    'l,list',
    'show-origin',
    'e,edit',
    'type=',
    'bool',
    'int',
  ],
  stopsAtOperand: true,
  run: async (git, options) => {
    if (options.has('system'))
      throw new Fatal('this machine has no system-wide configuration of git; use --global');
    const all = git.config;
    const file = options.has('global') ? all.global : all.local;
    const chosen = options.has('global') ? all.global : options.has('local') ? all.local : undefined;
    const list = chosen
      ? chosen.settings.map((each) => ({ ...each, origin: `file:${chosen.path}` }))
      : all.list;
    if (options.has('list')) {
      for (const { name, value, origin } of list)
        await git.print(`${options.has('show-origin') ? `${origin}\t` : ''}${name}=${value}\n`);
      return 0;
    }
    const [name, value] = options.operands;
    if (name === undefined) throw new UsageProblem('no action specified', true);
    if (!/^[A-Za-z0-9-]+\.(?:.*\.)?[A-Za-z][A-Za-z0-9-]*$/s.test(name)) {
      canonicalOrFail(name);
      throw new Failed(`invalid key: ${name}`);
    }
    const writes = value !== undefined || options.has('unset') || options.has('unset-all');
    if (writes) {
      if (!file) throw new Fatal('not in a git directory');
      if (value === undefined) return file.unset(name) ? 0 : 5;
      file.set(name, value, options.has('add'));
      return 0;
    }
    const values = (chosen ? list : all.list)
      .filter((each) => each.name === canonical(name))
      .map((each) => each.value);
    if (values.length === 0) return 1;
    for (const each of options.has('get-all') ? values : values.slice(-1)) await git.print(`${each}\n`);
    return 0;
  },
};

function canonicalOrFail(name: string): void {
  if (!name.includes('.')) throw new Failed(`key does not contain a section: ${name}`);
}
