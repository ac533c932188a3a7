/**
 * Names of commits and other objects (gitrevisions(7)): refs, ids and their beginnings, `~`, `^`, `^{…}`, `@{…}`,
 * `REVISION:PATH`. Left out: `:/text`, dates in `@{…}`.
 */
import { DIRECTORY_MODE, type ObjectId } from './objects.ts';
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';

/** Where a short name of a ref is looked for. */
const RULES = ['', 'refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

/** The full name behind a short one. */
export function fullRef(repository: Repository, name: string): string | undefined {
  if (name === '@') return 'HEAD';
  for (const rule of RULES) if (repository.refs.id(rule + name) !== undefined) return rule + name;
  return repository.refs.id(`refs/remotes/${name}/HEAD`) === undefined
    ? undefined
    : `refs/remotes/${name}/HEAD`;
}

/** The branch that was checked out `n` switches ago (`-`, `@{-N}`). */
export function previousBranch(repository: Repository, n: number): string | undefined {
  const moves = repository.refs
    .logOf('HEAD')
    .flatMap(({ message }) => /^checkout: moving from (\S+) to /.exec(message)?.[1] ?? []);
  return moves.at(-n);
}

/** The remote-tracking ref that a branch follows, in full, and its name as people see it. */
export function upstreamOf(
  repository: Repository,
  branch: string,
): { remote: string; merge: string; ref: string; short: string } | undefined {
  const remote = repository.config.get(`branch.${branch}.remote`);
  const merge = repository.config.get(`branch.${branch}.merge`);
  if (remote === undefined || merge === undefined) return undefined;
  const short = merge.replace(/^refs\/heads\//, '');
  return remote === '.'
    ? { remote, merge, ref: merge, short }
    : { remote, merge, ref: `refs/remotes/${remote}/${short}`, short: `${remote}/${short}` };
}

/** The object that `text` names; undefined when it names none. */
export async function resolveRevision(repository: Repository, text: string): Promise<ObjectId | undefined> {
  const colon = /^([^:]*):(.*)$/.exec(text);
  if (colon && !text.includes('^{/')) return await objectAt(repository, colon[1]!, colon[2]!);
  const suffixes = /((?:\^\{[^}]*\}|\^\d*|~\d*)*)$/.exec(text)![1]!;
  let id = await baseOf(repository, text.slice(0, text.length - suffixes.length));
  for (const suffix of suffixes.match(/\^\{[^}]*\}|\^\d*|~\d*/g) ?? []) {
    if (id === undefined) return undefined;
    id = await follow(repository, id, suffix);
  }
  return id;
}

async function baseOf(repository: Repository, name: string): Promise<ObjectId | undefined> {
  const { refs, objects } = repository;
  const at = /^(.*)@\{([^}]*)\}$/.exec(name);
  if (at) return atBraces(repository, at[1]!, at[2]!);
  if (/^[0-9a-f]{40}$/.test(name)) return objects.has(name) ? name : undefined;
  const ref = fullRef(repository, name);
  if (ref !== undefined) return refs.id(ref);
  if (!/^[0-9a-f]{4,39}$/.test(name)) return undefined;
  const ids = objects.withPrefix(name);
  if (ids.length <= 1) return ids[0];
  const commits: ObjectId[] = [];
  for (const id of ids) if ((await objects.read(id)).type === 'commit') commits.push(id);
  if (commits.length === 1) return commits[0];
  throw new Fatal(
    `ambiguous argument '${name}': unknown revision or path not in the working tree.\nUse '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'`,
  );
}

function atBraces(repository: Repository, name: string, what: string): ObjectId | undefined {
  const { refs } = repository;
  if (/^-\d+$/.test(what)) {
    const branch = previousBranch(repository, Number(what.slice(1)));
    if (branch === undefined) return undefined;
    const ref = fullRef(repository, branch);
    return ref === undefined ? branch : refs.id(ref);
  }
  const branch = name === '' || name === '@' || name === 'HEAD' ? refs.branch : name;
  if (what === 'u' || what === 'upstream' || what === 'push') {
    const upstream = branch === undefined ? undefined : upstreamOf(repository, branch);
    if (!upstream) throw new Fatal(`no upstream configured for branch '${branch}'`);
    return refs.id(upstream.ref);
  }
  if (!/^\d+$/.test(what)) return undefined;
  const full = name === '' ? (refs.target('HEAD') ?? 'HEAD') : fullRef(repository, name);
  if (full === undefined) return undefined;
  const log = refs.logOf(full);
  if (Number(what) < log.length) return log.at(-1 - Number(what))!.new;
  throw new Fatal(`log for '${name === '' ? refs.branch : name}' only has ${log.length} entries`);
}

async function follow(repository: Repository, id: ObjectId, suffix: string): Promise<ObjectId | undefined> {
  const { objects } = repository;
  const wanted = /^\^\{(.*)\}$/.exec(suffix)?.[1];
  if (wanted !== undefined) return await peel(repository, id, wanted);
  const commit = await peel(repository, id, 'commit');
  if (commit === undefined) return undefined;
  const count = suffix.length === 1 ? 1 : Number(suffix.slice(1));
  if (suffix.startsWith('^')) return count === 0 ? commit : (await objects.commit(commit)).parents[count - 1];
  let at: ObjectId | undefined = commit;
  for (let i = 0; i < count && at !== undefined; i++) at = (await objects.commit(at)).parents[0];
  return at;
}

/** Through tags, and from a commit to its tree, until it is a `wanted`; `''`: until it is no tag. */
export async function peel(
  repository: Repository,
  id: ObjectId,
  wanted: string,
): Promise<ObjectId | undefined> {
  const { objects } = repository;
  const { type } = await objects.read(id);
  if (type === wanted || (wanted === '' && type !== 'tag')) return id;
  if (type === 'tag') return await peel(repository, (await objects.tag(id)).object, wanted);
  return type === 'commit' && wanted === 'tree' ? (await objects.commit(id)).tree : undefined;
}

async function objectAt(
  repository: Repository,
  revision: string,
  path: string,
): Promise<ObjectId | undefined> {
  const name = path.startsWith('./') ? [repository.prefix, path.slice(2)].filter(Boolean).join('/') : path;
  if (revision === '') {
    const stage = /^([0-3]):(.*)$/.exec(name);
    return stage ? repository.index.get(stage[2]!, Number(stage[1]))?.id : repository.index.get(name)?.id;
  }
  const root = await resolveRevision(repository, revision);
  if (root === undefined) throw new Fatal(`invalid object name '${revision}'.`);
  let id = await peel(repository, root, 'tree');
  let mode = DIRECTORY_MODE;
  for (const part of name.split('/').filter(Boolean)) {
    const entry =
      id !== undefined && mode === DIRECTORY_MODE
        ? (await repository.objects.tree(id)).find((each) => each.name === part)
        : undefined;
    if (!entry) throw new Fatal(`path '${name}' does not exist in '${revision}'`);
    [id, mode] = [entry.id, entry.mode];
  }
  return id;
}

/** A commit, or the error about what is none. */
export async function commitOf(repository: Repository, text: string): Promise<ObjectId> {
  const id = await resolveRevision(repository, text);
  if (id === undefined) throw ambiguous(text);
  const commit = await peel(repository, id, 'commit');
  if (commit === undefined) throw new Fatal(`${text}: not a commit`);
  return commit;
}

export const ambiguous = (text: string): Fatal =>
  new Fatal(
    `ambiguous argument '${text}': unknown revision or path not in the working tree.\nUse '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'`,
  );

/** As many digits as tell an object from all others, at least seven. */
export function abbreviate(repository: Repository, id: ObjectId): string {
  const others = repository.objects.withPrefix(id.slice(0, 7)).filter((each) => each !== id);
  let length = 7;
  while (length < 40 && others.some((each) => each.startsWith(id.slice(0, length)))) length++;
  return id.slice(0, length);
}
