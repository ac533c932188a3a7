/**
 * What a step changed: the difference of two states of a file system, as entries of a layer. Nodes that both
 * share were not touched and are not looked into, so this costs what changed, not what is there.
 */
import type { DirectoryNode, FileTree, TreeNode } from '../../../os/file-tree.ts';
import { joinPath } from '../../../os/path.ts';
import type { LayerEntry } from '../layer.ts';

/** @param skipped absolute paths that are not the image's: what is mounted while a step runs */
export function treeDifference(
  before: FileTree,
  after: FileTree,
  skipped: ReadonlySet<string>,
): LayerEntry[] {
  const entries: LayerEntry[] = [];
  compare(before.root, after.root, '/');
  return entries;

  function compare(old: DirectoryNode | undefined, now: DirectoryNode, at: string): void {
    for (const name of old ? [...old.entries.keys()].sort() : []) {
      const path = joinPath(at, name);
      if (!now.entries.has(name) && !skipped.has(path)) entries.push({ path, kind: 'whiteout' });
    }
    for (const name of [...now.entries.keys()].sort()) {
      const path = joinPath(at, name);
      if (!skipped.has(path)) compareNode(old?.entries.get(name), now.entries.get(name)!, path);
    }
  }

  function compareNode(old: TreeNode | undefined, now: TreeNode, path: string): void {
    if (old === now) return;
    if (now.kind === 'directory') {
      const before = old?.kind === 'directory' ? old : undefined;
      const place = entries.length;
      compare(before, now, path);
      if (!before || !sameAttributes(before, now))
        entries.splice(place, 0, { ...attributes(now), path, kind: 'directory' });
      return;
    }
    if (old?.kind === now.kind && sameAttributes(old, now) && sameContents(old, now)) return;
    if (now.kind === 'symlink')
      entries.push({ ...attributes(now), path, kind: 'symlink', target: now.target });
    else
      entries.push({
        ...attributes(now),
        path,
        kind: 'file',
        contents: now.buffer.slice(0, now.sizeBytes),
      });
  }
}

/** Times of directories and untouched files tell nothing about their contents. */
function sameAttributes(a: TreeNode, b: TreeNode): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function sameContents(a: TreeNode, b: TreeNode): boolean {
  if (a.kind === 'symlink' && b.kind === 'symlink') return a.target === b.target;
  if (a.kind !== 'file' || b.kind !== 'file') return false;
  if (a.sizeBytes !== b.sizeBytes || a.mtimeMs !== b.mtimeMs) return false;
  if (a.buffer === b.buffer) return true;
  for (let at = 0; at < a.sizeBytes; at++) if (a.buffer[at] !== b.buffer[at]) return false;
  return true;
}

const attributes = ({ mode, uid, gid, mtimeMs }: TreeNode) => ({ mode, uid, gid, mtimeMs });
