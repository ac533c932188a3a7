/** The graph of commits: walks, ancestors, merge bases. */
import type { Commit, ObjectId } from './objects.ts';
import type { Repository } from './repository.ts';

export interface HistoryEntry extends Commit {
  id: ObjectId;
}

/**
 * Commits that `starts` reach and `excluded` do not, the newest first, and no commit before its children when
 * `topological`.
 */
export async function walkHistory(
  repository: Repository,
  starts: readonly ObjectId[],
  excluded: readonly ObjectId[] = [],
  options: { topological?: boolean; firstParent?: boolean } = {},
): Promise<HistoryEntry[]> {
  const hidden = await ancestors(repository, excluded);
  const seen = new Set<ObjectId>();
  const queue: HistoryEntry[] = [];
  const add = async (id: ObjectId) => {
    if (seen.has(id) || hidden.has(id)) return;
    seen.add(id);
    const entry = { id, ...(await repository.objects.commit(id)) };
    // Equal dates keep the order in which they were found.
    const at = queue.findIndex((each) => each.committer.seconds < entry.committer.seconds);
    queue.splice(at < 0 ? queue.length : at, 0, entry);
  };
  for (const id of starts) await add(id);
  const found: HistoryEntry[] = [];
  while (queue.length > 0) {
    await repository.process.tick();
    const entry = queue.shift()!;
    found.push(entry);
    for (const parent of options.firstParent ? entry.parents.slice(0, 1) : entry.parents) await add(parent);
  }
  return options.topological ? topological(found) : found;
}

/** Lines of history stay together: a branch is shown to its fork before the next. */
function topological(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const children = new Map<ObjectId, number>();
  for (const { parents } of entries)
    for (const parent of parents) children.set(parent, (children.get(parent) ?? 0) + 1);
  const ready = entries.filter(({ id }) => !children.has(id)).reverse();
  const result: HistoryEntry[] = [];
  while (ready.length > 0) {
    const entry = ready.pop()!;
    result.push(entry);
    for (const parent of entry.parents) {
      const left = children.get(parent)! - 1;
      children.set(parent, left);
      const next = byId.get(parent);
      if (left === 0 && next) ready.push(next);
    }
  }
  return result;
}

/** `starts` and all that they come from. */
export async function ancestors(repository: Repository, starts: readonly ObjectId[]): Promise<Set<ObjectId>> {
  const seen = new Set<ObjectId>();
  const queue = [...starts];
  for (let id; (id = queue.pop()) !== undefined;) {
    if (seen.has(id)) continue;
    seen.add(id);
    await repository.process.tick();
    queue.push(...(await repository.objects.commit(id)).parents);
  }
  return seen;
}

/** The best common ancestors of two commits; more than one after criss-cross merges. */
export async function mergeBases(repository: Repository, a: ObjectId, b: ObjectId): Promise<ObjectId[]> {
  const [ofA, ofB] = [await ancestors(repository, [a]), await ancestors(repository, [b])];
  const common = [...ofA].filter((id) => ofB.has(id));
  const worse = new Set<ObjectId>();
  for (const id of common)
    for (const each of await ancestors(repository, (await repository.objects.commit(id)).parents))
      worse.add(each);
  return common.filter((id) => !worse.has(id));
}

export const isAncestor = async (
  repository: Repository,
  ancestor: ObjectId,
  of: ObjectId,
): Promise<boolean> => (await ancestors(repository, [of])).has(ancestor);
