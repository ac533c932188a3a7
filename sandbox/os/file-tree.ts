/**
 * Nodes of an in-memory file tree with copy-on-write ownership. A node may be changed in place only by
 * the file system whose token it carries; everybody else copies it, and the directories above it, first.
 * That is why a thousand containers can start from one tree, and a snapshot is taken in constant time.
 */
interface NodeAttributes {
  /** Who may change this node in place. */
  owner: object;
  inode: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
}

export interface FileNode extends NodeAttributes {
  kind: 'file';
  /** Contents are the first `sizeBytes` of it; what follows is room to append. */
  buffer: Uint8Array;
  sizeBytes: number;
  links: number;
}

export interface DirectoryNode extends NodeAttributes {
  kind: 'directory';
  entries: Map<string, TreeNode>;
}

interface SymlinkNode extends NodeAttributes {
  kind: 'symlink';
  target: string;
}

export type TreeNode = FileNode | DirectoryNode | SymlinkNode;

/** An immutable tree: what an image's layers add up to, or a file system's state at one moment. */
export class FileTree {
  readonly root: DirectoryNode;
  /** The next free inode number, so that numbers stay unique above this tree. */
  readonly nextInode: number;

  constructor(root: DirectoryNode, nextInode: number) {
    this.root = root;
    this.nextInode = nextInode;
  }

  /** `/` and nothing in it. */
  static empty(mtimeMs = 0): FileTree {
    const root: DirectoryNode = {
      kind: 'directory',
      owner: {},
      inode: 1,
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtimeMs,
      entries: new Map(),
    };
    return new FileTree(root, 2);
  }
}

/** A copy that `owner` may change. Contents are shared until they are written. */
export function copyNode<N extends TreeNode>(node: N, owner: object): N {
  const copy = { ...node, owner };
  if (copy.kind === 'directory') copy.entries = new Map(copy.entries);
  // The room behind the contents belongs to the original: appending reallocates.
  else if (copy.kind === 'file') copy.buffer = copy.buffer.subarray(0, copy.sizeBytes);
  return copy;
}
