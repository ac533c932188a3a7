/** What differs between two lists of files: added, deleted, modified, renamed (50% alike or more, as git's default). */
import { decode } from '../../../core/bytes.ts';
import { nameOf } from '../../../os/path.ts';
import { linesWithEnds } from '../diff/unified.ts';
import type { ObjectId } from './objects.ts';
import { sameFile, type TreeFile, type TreeFiles } from './tree-files.ts';

export interface Change {
  status: 'A' | 'D' | 'M' | 'R' | 'T' | 'U';
  /** Where it is now; for a deletion where it was. */
  path: string;
  /** Where it was, when it was renamed. */
  from?: string;
  /** 0 to 100, of a rename. */
  similarity?: number;
  old: TreeFile | undefined;
  new: TreeFile | undefined;
}

/** The bytes of an object, or of a file that is not stored yet. */
export type ReadBlob = (id: ObjectId) => Promise<Uint8Array>;

export async function compareFiles(
  before: TreeFiles,
  after: TreeFiles,
  options: { renames: ReadBlob | undefined; matches?: (path: string) => boolean },
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (options.matches && !options.matches(path)) continue;
    const [a, b] = [before.get(path), after.get(path)];
    if (sameFile(a, b)) continue;
    const status = !a ? 'A' : !b ? 'D' : a.mode >> 12 === b.mode >> 12 ? 'M' : 'T';
    changes.push({ status, path, old: a, new: b });
  }
  if (options.renames) await findRenames(changes, options.renames);
  return changes.sort((x, y) => (x.path < y.path ? -1 : 1));
}

const MIN_SIMILARITY = 50;
/** Beyond this many pairs only files that are equal count as renamed. */
const MAX_PAIRS = 2500;

async function findRenames(changes: Change[], read: ReadBlob): Promise<void> {
  const pairs: { from: Change; to: Change; similarity: number }[] = [];
  const added = changes.filter(({ status }) => status === 'A');
  const deleted = changes.filter(({ status }) => status === 'D');
  const compares = added.length * deleted.length <= MAX_PAIRS;
  for (const to of added)
    for (const from of deleted) {
      if (from.old!.mode >> 12 !== to.new!.mode >> 12) continue;
      const exact = from.old!.id === to.new!.id;
      if (!exact && !compares) continue;
      const similarity = exact ? 100 : similarityOf(await read(from.old!.id), await read(to.new!.id));
      if (similarity >= MIN_SIMILARITY) pairs.push({ from, to, similarity });
    }
  const sameName = ({ from, to }: { from: Change; to: Change }) =>
    nameOf(from.path) === nameOf(to.path) ? 1 : 0;
  pairs.sort((a, b) => b.similarity - a.similarity || sameName(b) - sameName(a));
  for (const { from, to, similarity } of pairs) {
    if (to.from !== undefined || !changes.includes(from)) continue;
    Object.assign(to, { status: 'R', from: from.path, similarity, old: from.old });
    changes.splice(changes.indexOf(from), 1);
  }
}

/** How much of the larger of two files is lines of the other, in percent (diffcore_count_changes). */
function similarityOf(a: Uint8Array, b: Uint8Array): number {
  const larger = Math.max(a.length, b.length);
  if (larger === 0 || Math.min(a.length, b.length) === 0) return 0;
  const counts = new Map<string, number>();
  for (const line of linesWithEnds(decode(a))) counts.set(line, (counts.get(line) ?? 0) + 1);
  let copied = 0;
  for (const line of linesWithEnds(decode(b))) {
    const left = counts.get(line) ?? 0;
    if (left === 0) continue;
    counts.set(line, left - 1);
    copied += line.length;
  }
  return Math.floor((copied * 100) / larger);
}
