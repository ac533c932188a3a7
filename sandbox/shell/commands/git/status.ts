/** `git status`, long, short and porcelain. */
import type { Git, GitCommand } from './command.ts';
import { ancestors } from './history.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { abbreviate, upstreamOf } from './revision.ts';
import { statusList, type StatusList } from './status-list.ts';
import { quotedPath } from './quoted-path.ts';
import { subjectOf } from './subject.ts';
import type { Change } from './tree-diff.ts';

export const status: GitCommand = {
  usage:
    'usage: git status [<options>] [--] <pathspec>...\n\n    -s, --short           show status concisely\n    -b, --branch          show branch information\n    --porcelain           machine-readable output\n    -u, --untracked-files[=<mode>]\n                          show untracked files, optional modes: all, normal, no\n    --ignored             show ignored files',
  options: ['s,short', 'b,branch', 'porcelain?', 'long', 'u,untracked-files?', 'ignored?', 'v,verbose', 'z'],
  run: async (git, options) => {
    const repository = git.worktree;
    const untracked = options.get('untracked-files') ?? (options.has('untracked-files') ? 'all' : 'normal');
    if (untracked !== 'no' && untracked !== 'normal' && untracked !== 'all')
      throw new Fatal(`Invalid untracked files mode '${untracked}'`);
    const list = filtered(
      await statusList(repository, untracked),
      new Pathspec(repository, options.everything),
    );
    if (!options.has('ignored')) list.ignored = [];
    if (options.has('short') || options.has('porcelain'))
      return void (await git.print(
        await shortStatus(git, repository, list, options.has('branch'), options.has('porcelain')),
      ));
    await git.print(await longStatus(git, repository, list, untracked !== 'no'));
  },
};

function filtered(list: StatusList, pathspec: Pathspec): StatusList {
  if (pathspec.isEmpty) return list;
  const fits = ({ path, from }: Change) =>
    pathspec.matches(path) || (from !== undefined && pathspec.matches(from));
  const inside = (path: string) => pathspec.matches(path.replace(/\/$/, ''));
  return {
    staged: list.staged.filter(fits),
    unstaged: list.unstaged.filter(fits),
    unmerged: new Map([...list.unmerged].filter(([path]) => inside(path))),
    untracked: list.untracked.filter(inside),
    ignored: list.ignored.filter(inside),
  };
}

/** Conflict by the stages that are there. */
const CONFLICTS: Readonly<Record<string, [code: string, words: string]>> = {
  '1': ['DD', 'both deleted:'],
  '12': ['UD', 'deleted by them:'],
  '13': ['DU', 'deleted by us:'],
  '123': ['UU', 'both modified:'],
  '2': ['AU', 'added by us:'],
  '3': ['UA', 'added by them:'],
  '23': ['AA', 'both added:'],
};

async function shortStatus(
  git: Git,
  repository: Repository,
  list: StatusList,
  withBranch: boolean,
  porcelain: boolean,
): Promise<string> {
  const name = (path: string) => quotedPath(porcelain ? path : repository.relative(path), true);
  const rows = new Map<string, [x: string, y: string, shown: string]>();
  for (const { status: x, path, from } of list.staged)
    rows.set(path, [x, ' ', from === undefined ? name(path) : `${name(from)} -> ${name(path)}`]);
  for (const { status: y, path } of list.unstaged)
    rows.set(path, [rows.get(path)?.[0] ?? ' ', y, rows.get(path)?.[2] ?? name(path)]);
  for (const [path, stages] of list.unmerged)
    rows.set(path, [...(CONFLICTS[stages]![0] as unknown as [string, string]), name(path)]);
  let out = withBranch ? `## ${await branchLine(git, repository)}\n` : '';
  const paint = porcelain ? (_: string, text: string) => text : git.paint;
  for (const [path, [x, y, shown]] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
    out += `${paint(list.unmerged.has(path) ? 'red' : 'green', x)}${paint('red', y)} ${shown}\n`;
  for (const path of list.untracked) out += `${paint('red', '??')} ${name(path)}\n`;
  for (const path of list.ignored) out += `${paint('red', '!!')} ${name(path)}\n`;
  return out;
}

async function branchLine(git: Git, repository: Repository): Promise<string> {
  const { branch } = repository.refs;
  if (branch === undefined) return git.paint('red', 'HEAD (no branch)');
  if (repository.head === undefined) return `No commits yet on ${branch}`;
  const upstream = upstreamOf(repository, branch);
  if (!upstream) return git.paint('green', branch);
  const id = repository.refs.id(upstream.ref);
  const name = `${git.paint('green', branch)}...${git.paint('red', upstream.short)}`;
  if (id === undefined) return `${name} [gone]`;
  const [ahead, behind] = await aheadBehind(repository, repository.head, id);
  const parts = [...(ahead > 0 ? [`ahead ${ahead}`] : []), ...(behind > 0 ? [`behind ${behind}`] : [])];
  return parts.length === 0 ? name : `${name} [${parts.join(', ')}]`;
}

export async function aheadBehind(
  repository: Repository,
  ours: string,
  theirs: string,
): Promise<[ahead: number, behind: number]> {
  const [a, b] = [await ancestors(repository, [ours]), await ancestors(repository, [theirs])];
  return [a.difference(b).size, b.difference(a).size];
}

/** How the branch stands to what it follows; empty without an upstream. */
export async function trackingText(repository: Repository): Promise<string> {
  const { branch } = repository.refs;
  const upstream = branch === undefined ? undefined : upstreamOf(repository, branch);
  if (!upstream || repository.head === undefined) return '';
  const { short } = upstream;
  const id = repository.refs.id(upstream.ref);
  if (id === undefined)
    return `Your branch is based on '${short}', but the upstream is gone.\n  (use "git branch --unset-upstream" to fixup)\n`;
  const [ahead, behind] = await aheadBehind(repository, repository.head, id);
  const commits = (n: number) => `${n} commit${n === 1 ? '' : 's'}`;
  if (ahead === 0 && behind === 0) return `Your branch is up to date with '${short}'.\n`;
  if (behind === 0)
    return `Your branch is ahead of '${short}' by ${commits(ahead)}.\n  (use "git push" to publish your local commits)\n`;
  if (ahead === 0)
    return `Your branch is behind '${short}' by ${commits(behind)}, and can be fast-forwarded.\n  (use "git pull" to update your local branch)\n`;
  return `Your branch and '${short}' have diverged,\nand have ${ahead} and ${behind} different commits each, respectively.\n  (use "git pull" to merge the remote branch into yours)\n`;
}

const WORDS: Readonly<Record<Change['status'], string>> = {
  A: 'new file:',
  D: 'deleted:',
  M: 'modified:',
  R: 'renamed:',
  T: 'typechange:',
  U: 'unmerged:',
};

/** What a status is written for: `commit` calls the first commit by another name; `amend` has nothing left. */
export type StatusPurpose = 'status' | 'commit' | 'amend';

/** @param looked whether untracked files were looked for */
export async function longStatus(
  git: Git,
  repository: Repository,
  list: StatusList,
  looked = true,
  purpose: StatusPurpose = 'status',
): Promise<string> {
  const initial = repository.head === undefined;
  const name = (path: string) => quotedPath(repository.relative(path), false);
  const row = (colour: 'green' | 'red', words: string, width: number, text: string) =>
    `\t${git.paint(colour, `${words.padEnd(width)}${text}`)}\n`;
  const shown = ({ path, from }: Change) =>
    from === undefined ? name(path) : `${name(from)} -> ${name(path)}`;
  let out = headLine(git, repository);
  const tracking = await trackingText(repository);
  if (tracking !== '') out += `${tracking}\n`;
  out += await rebaseText(repository);
  out += operationText(repository, list);
  if (initial) out += `\n${purpose === 'status' ? 'No commits yet' : 'Initial commit'}\n\n`;
  const merging =
    repository.read('MERGE_HEAD') !== undefined || repository.read('CHERRY_PICK_HEAD') !== undefined;
  const discard = merging
    ? ''
    : initial
      ? '  (use "git rm --cached <file>..." to unstage)\n'
      : '  (use "git restore --staged <file>..." to unstage)\n';
  if (list.staged.length > 0)
    out += `Changes to be committed:\n${discard}${list.staged.map((each) => row('green', WORDS[each.status], 12, shown(each))).join('')}\n`;
  if (list.unmerged.size > 0) {
    const deletes = [...list.unmerged.values()].some((stages) => stages !== '123' && stages !== '23');
    out += `Unmerged paths:\n${discard}  (use "git add${deletes ? '/rm' : ''} <file>..." ${deletes ? 'as appropriate ' : ''}to mark resolution)\n`;
    for (const [path, stages] of list.unmerged) out += row('red', CONFLICTS[stages]![1], 17, name(path));
    out += '\n';
  }
  if (list.unstaged.length > 0) {
    const deleted = list.unstaged.some(({ status: each }) => each === 'D');
    out += `Changes not staged for commit:\n  (use "git add${deleted ? '/rm' : ''} <file>..." to update what will be committed)\n  (use "git restore <file>..." to discard changes in working directory)\n`;
    out += `${list.unstaged.map((each) => row('red', WORDS[each.status], 12, shown(each))).join('')}\n`;
  }
  if (list.untracked.length > 0)
    out += `Untracked files:\n  (use "git add <file>..." to include in what will be committed)\n${list.untracked.map((path) => row('red', '', 0, name(path))).join('')}\n`;
  if (list.ignored.length > 0)
    out += `Ignored files:\n  (use "git add -f <file>..." to include in what will be committed)\n${list.ignored.map((path) => row('red', '', 0, name(path))).join('')}\n`;
  return (
    out +
    (purpose === 'amend' && list.staged.length === 0
      ? 'No changes\n'
      : lastLine(repository, list, initial, looked))
  );
}

function headLine(git: Git, repository: Repository): string {
  const { branch } = repository.refs;
  if (branch !== undefined)
    return repository.read('rebase-merge/onto') === undefined ? `On branch ${branch}\n` : '';
  const onto = repository.read('rebase-merge/onto');
  if (onto !== undefined)
    return `${git.paint('red', 'interactive rebase in progress; onto ')}${abbreviate(repository, onto.trim())}\n`;
  const last = repository.refs.logOf('HEAD').findLast(({ message }) => message.startsWith('checkout: '));
  const name = last?.message.split(' to ').at(-1) ?? '';
  const label = /^[0-9a-f]{40}$/.test(name) ? abbreviate(repository, name) : name;
  const moved = last?.new !== repository.head;
  return `${git.paint('red', `HEAD detached ${moved ? 'from' : 'at'} `)}${label.length === 40 ? abbreviate(repository, label) : detachedName(repository, label)}\n`;
}

/** A branch or tag keeps its name; anything else is told by its id. */
function detachedName(repository: Repository, name: string): string {
  const { refs, head } = repository;
  for (const rule of ['refs/tags/', 'refs/remotes/']) if (refs.id(rule + name) !== undefined) return name;
  return head === undefined
    ? name
    : abbreviate(
        repository,
        refs.logOf('HEAD').findLast(({ message }) => message.startsWith('checkout: '))?.new ?? head,
      );
}

/** What a rebase has done and has still to do. */
async function rebaseText(repository: Repository): Promise<string> {
  if (repository.read('rebase-merge/onto') === undefined) return '';
  const commands = async (name: string) => {
    const lines: string[] = [];
    for (const id of (repository.read(`rebase-merge/${name}`) ?? '').split('\n').filter(Boolean))
      lines.push(
        `   pick ${abbreviate(repository, id)} ${subjectOf((await repository.objects.commit(id)).message)}\n`,
      );
    return lines;
  };
  const [done, todo] = [await commands('done'), await commands('todo')];
  const count = (list: string[], words: string) => `${words}${list.length === 1 ? '' : 's'}`;
  let out = '';
  if (done.length > 0)
    out += `Last command${done.length === 1 ? '' : 's'} done (${done.length} ${count(done, 'command')} done):\n${done.slice(-2).join('')}`;
  if (done.length > 2) out += '  (see more in file .git/rebase-merge/done)\n';
  if (todo.length === 0) return `${out}No commands remaining.\n`;
  return `${out}Next command${todo.length === 1 ? '' : 's'} to do (${todo.length} remaining ${count(todo, 'command')}):\n${todo.slice(0, 2).join('')}  (use "git rebase --edit-todo" to view and edit)\n`;
}

function operationText(repository: Repository, list: StatusList): string {
  const open = list.unmerged.size > 0;
  const picking = repository.read('CHERRY_PICK_HEAD')?.trim();
  const reverting = repository.read('REVERT_HEAD')?.trim();
  if (repository.read('MERGE_HEAD') !== undefined)
    return open
      ? 'You have unmerged paths.\n  (fix conflicts and run "git commit")\n  (use "git merge --abort" to abort the merge)\n\n'
      : 'All conflicts fixed but you are still merging.\n  (use "git commit" to conclude merge)\n\n';
  if (repository.read('rebase-merge/onto') !== undefined) {
    const branch = (repository.read('rebase-merge/head-name') ?? '').trim().replace(/^refs\/heads\//, '');
    const onto = abbreviate(repository, repository.read('rebase-merge/onto')!.trim());
    return open
      ? `You are currently rebasing branch '${branch}' on '${onto}'.\n  (fix conflicts and then run "git rebase --continue")\n  (use "git rebase --skip" to skip this patch)\n  (use "git rebase --abort" to check out the original branch)\n\n`
      : `You are currently rebasing branch '${branch}' on '${onto}'.\n  (all conflicts fixed: run "git rebase --continue")\n\n`;
  }
  const going = (verb: string, command: string, id: string) =>
    `You are currently ${verb} commit ${abbreviate(repository, id)}.\n${open ? `  (fix conflicts and run "git ${command} --continue")\n` : `  (all conflicts fixed: run "git ${command} --continue")\n`}  (use "git ${command} --skip" to skip this patch)\n  (use "git ${command} --abort" to cancel the ${command} operation)\n\n`;
  if (picking !== undefined) return going('cherry-picking', 'cherry-pick', picking);
  return reverting === undefined ? '' : going('reverting', 'revert', reverting);
}

function lastLine(repository: Repository, list: StatusList, initial: boolean, looked: boolean): string {
  if (list.staged.length > 0) return '';
  if (list.unstaged.length + list.unmerged.size > 0)
    return 'no changes added to commit (use "git add" and/or "git commit -a")\n';
  if (list.untracked.length > 0)
    return 'nothing added to commit but untracked files present (use "git add" to track)\n';
  if (repository.read('MERGE_HEAD') !== undefined) return '';
  if (!looked) return 'nothing to commit (use -u to show untracked files)\n';
  return initial
    ? 'nothing to commit (create/copy files and use "git add" to track)\n'
    : 'nothing to commit, working tree clean\n';
}

/** What stays changed over a switch of branches: `M\tfile`. */
export async function shortChanges(repository: Repository): Promise<string> {
  const list = await statusList(repository, 'no');
  const rows = new Map<string, string>();
  for (const { status: letter, path } of [...list.unstaged, ...list.staged])
    rows.set(path, letter === 'R' ? 'A' : letter);
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, letter]) => `${letter}\t${path}\n`)
    .join('');
}
