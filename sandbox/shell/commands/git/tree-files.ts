/** Trees seen as flat lists of files, which is what diffs, merges and checkouts work on. */
import { DIRECTORY_MODE, type ObjectId, type ObjectStore, type TreeEntry } from './objects.ts';
import type { Index } from './index-file.ts';

export interface TreeFile {
  mode: number;
  id: ObjectId;
}

/** Files by path. */
export type TreeFiles = Map<string, TreeFile>;

export const sameFile = (a: TreeFile | undefined, b: TreeFile | undefined): boolean =>
  a?.id === b?.id && a?.mode === b?.mode;

export async function filesOf(
  objects: ObjectStore,
  tree: ObjectId,
  prefix = '',
  into: TreeFiles = new Map(),
): Promise<TreeFiles> {
  for (const { mode, name, id } of await objects.tree(tree)) {
    const path = prefix + name;
    if (mode === DIRECTORY_MODE) await filesOf(objects, id, `${path}/`, into);
    else into.set(path, { mode, id });
  }
  return into;
}

/** Writes the trees that hold `files`; the root's id. */
export async function writeTreeOf(
  objects: ObjectStore,
  files: ReadonlyMap<string, TreeFile>,
): Promise<ObjectId> {
  const entries: TreeEntry[] = [];
  const folders = new Map<string, TreeFiles>();
  for (const [path, file] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) entries.push({ name: path, mode: file.mode, id: file.id });
    else {
      const folder = path.slice(0, slash);
      if (!folders.has(folder)) folders.set(folder, new Map());
      folders.get(folder)!.set(path.slice(slash + 1), file);
    }
  }
  for (const [name, inner] of folders)
    entries.push({ name, mode: DIRECTORY_MODE, id: await writeTreeOf(objects, inner) });
  return await objects.writeTree(entries);
}

export const indexFiles = (index: Index): TreeFiles =>
  new Map([...index.merged].map(([path, { mode, id }]) => [path, { mode, id }]));
