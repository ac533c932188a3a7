import { useState } from 'preact/hooks';

interface Props {
  paths: string[];
  active: string | undefined;
  onOpen(path: string): void;
}

/** The workspace's files, folders first in their own lists, and a line to begin a new one. */
export function FileTree({ paths, active, onOpen }: Props) {
  const [name, setName] = useState('');
  return (
    <nav class="file-tree" aria-label="Files">
      <Folder folder={folderOf(paths)} active={active} onOpen={onOpen} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const path = name.trim().replace(/^\/+/, '');
          if (path === '') return;
          setName('');
          onOpen(path);
        }}
      >
        <input
          type="text"
          aria-label="Name of a new file"
          placeholder="New file"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </form>
    </nav>
  );
}

interface FolderNode {
  folders: Map<string, FolderNode>;
  /** Name → path. */
  files: Map<string, string>;
}

function folderOf(paths: string[]): FolderNode {
  const root: FolderNode = { folders: new Map(), files: new Map() };
  for (const path of paths) {
    const steps = path.split('/');
    let folder = root;
    for (const step of steps.slice(0, -1)) {
      let next = folder.folders.get(step);
      if (!next) {
        next = { folders: new Map(), files: new Map() };
        folder.folders.set(step, next);
      }
      folder = next;
    }
    folder.files.set(steps.at(-1)!, path);
  }
  return root;
}

function Folder({ folder, active, onOpen }: Pick<Props, 'active' | 'onOpen'> & { folder: FolderNode }) {
  return (
    <ul>
      {[...folder.folders].map(([name, inner]) => (
        <li key={`${name}/`}>
          <details open>
            <summary>{name}</summary>
            <Folder folder={inner} active={active} onOpen={onOpen} />
          </details>
        </li>
      ))}
      {[...folder.files].map(([name, path]) => (
        <li key={name}>
          <button aria-current={path === active ? 'true' : undefined} onClick={() => onOpen(path)}>
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
