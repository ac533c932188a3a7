import type { Signal } from '@preact/signals';
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Lesson } from '../../lesson.ts';
import type { View } from '../layout/ViewTabs.tsx';
import type { LessonSession } from '../session.ts';
import type { ShellHandle } from '../terminal/shell-handle.ts';
import { afterStart } from './after-start.ts';
import { FileTree } from './FileTree.tsx';
import type { EditorView } from './editor-view.ts';
import type { EditorTab, Workspace } from './workspace.ts';

interface Props {
  lesson: Lesson;
  session: LessonSession;
  shell: ShellHandle;
  /** A path to open, set by `edit` in the shell. */
  edit: Signal<string | undefined>;
  view: Signal<View>;
}

/**
 * The workspace in Monaco. Until Monaco is there (it comes after the prompt) the first file stands in its place
 * as plain text, in the same letters and lines.
 */
export function EditorPanel({ lesson, session, shell, edit, view }: Props) {
  const panel = useRef<HTMLElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const comparison = useRef<HTMLDivElement>(null);
  const editorView = useRef<EditorView | undefined>(undefined);
  const [workspace, setWorkspace] = useState<Workspace | undefined>(undefined);
  const [treeShown, setTreeShown] = useState(false);
  const [comparing, setComparing] = useState(false);
  const failure = useSignal<string | undefined>(undefined);
  const first = lesson.files[0];

  const apply = async () => {
    const tab = workspaceNow.current?.active.value;
    if (!tab) return;
    await tab.file.save();
    shell.run(`kubectl apply -f ${quoted(tab.file.path)}`);
  };
  const workspaceNow = useRef<Workspace | undefined>(undefined);

  // A session and, when it has started, Monaco: then the workspace. Again after each reset.
  useSignalEffect(() => {
    const epoch = session.epoch.value;
    const current = session.session.value;
    if (!current || epoch === 0) return;
    let ended = false;
    let release = () => {};
    void (async () => {
      try {
        await shell.firstOpened;
        if (!editorView.current && panel.current) await afterStart(session, { panel: panel.current, edit });
        if (ended) return;
        const [{ Workspace }, { EditorView }, { helpWithManifests }, { formatOnDemand }] = await Promise.all([
          import('./workspace.ts'),
          import('./editor-view.ts'),
          import('./yaml/manifest-language.ts'),
          import('./format.ts'),
        ]);
        if (ended || !place.current) return;
        editorView.current ??= new EditorView(place.current, {
          apply: () => void apply(),
          save: () => void workspaceNow.current?.saveAll(),
        });
        const opened = new Workspace(current.files);
        const help = helpWithManifests(current.kube, lesson.start.namespace);
        const formatting = formatOnDemand();
        const saveNow = () => {
          if (document.visibilityState === 'hidden') void opened.saveAll();
        };
        document.addEventListener('visibilitychange', saveNow);
        release = () => {
          document.removeEventListener('visibilitychange', saveNow);
          editorView.current?.show(undefined);
          help.dispose();
          formatting.dispose();
          opened.dispose();
          workspaceNow.current = undefined;
          setWorkspace(undefined);
        };
        workspaceNow.current = opened;
        for (const path of lesson.files) await opened.open(path, { inFront: path === first });
        if (ended) return;
        setWorkspace(opened);
      } catch (error) {
        failure.value = `The editor could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
      }
    })();
    return () => {
      ended = true;
      release();
    };
  });

  useEffect(() => () => editorView.current?.dispose(), []);

  const toOpen = edit.value;
  useEffect(() => {
    if (toOpen === undefined || !workspace) return;
    edit.value = undefined;
    void workspace.open(toOpen).then(() => {
      editorView.current?.show(workspace.active.value);
      editorView.current?.focus();
    });
  }, [toOpen, workspace]);

  const tab = workspace?.active.value;
  useEffect(() => editorView.current?.show(tab), [tab]);
  const isManifest = tab !== undefined && /\.(ya?ml|json)$/.test(tab.file.path);
  const compared = comparing && isManifest;

  useEffect(() => {
    const { kube } = session.session.value ?? {};
    if (!compared || !tab || !kube || !comparison.current) return;
    const container = comparison.current;
    let view: { dispose(): void } | undefined;
    let ended = false;
    void import('./diff-view.ts').then(
      ({ DiffView }) => {
        if (!ended) view = new DiffView(container, tab, { kube, namespace: lesson.start.namespace });
      },
      (error: unknown) => session.report(error),
    );
    return () => {
      ended = true;
      view?.dispose();
    };
  }, [compared, tab, session.epoch.value]);

  return (
    <section class="panel editor-panel" aria-label="Editor" tabIndex={-1} ref={panel}>
      <header class="panel-bar">
        <button class="quiet" aria-expanded={treeShown} onClick={() => setTreeShown(!treeShown)}>
          Files
        </button>
        <Tabs workspace={workspace} placeholder={first} />
        <div class="panel-actions">
          <button
            class="quiet"
            aria-pressed={compared}
            disabled={!isManifest}
            title="What you wrote against what the cluster holds of it"
            onClick={() => setComparing(!comparing)}
          >
            Compare
          </button>
          <button
            class="quiet apply"
            disabled={!isManifest}
            title="kubectl apply -f (Ctrl-Enter)"
            onClick={() => void apply()}
          >
            Apply
          </button>
          <button class="quiet other-view" onClick={() => (view.value = 'cluster')}>
            Cluster
          </button>
        </div>
      </header>
      <FileNotice
        tab={tab}
        failure={failure.value}
        onClose={workspace && workspace.tabs.value.length > 1 ? (gone) => workspace.close(gone) : undefined}
      />
      {compared && (
        <p class="comparison-legend">
          <span data-side="written">− you wrote</span> <span data-side="held">+ the cluster holds</span>
        </p>
      )}
      <div class="editor-body">
        {treeShown && workspace && (
          <FileTree
            paths={workspace.paths.value}
            active={tab?.file.path}
            onOpen={(path) => void workspace.open(path).then(() => editorView.current?.focus())}
          />
        )}
        {compared && <div class="editor-comparison" ref={comparison} />}
        <div class="editor-place" ref={place} hidden={compared}>
          {!workspace && first !== undefined && (
            <pre class="editor-preview" aria-hidden="true">
              {lesson.start.files[first]}
            </pre>
          )}
        </div>
      </div>
    </section>
  );
}

function Tabs({
  workspace,
  placeholder,
}: {
  workspace: Workspace | undefined;
  placeholder: string | undefined;
}) {
  if (!workspace) {
    return (
      <div class="tabs">
        {placeholder && (
          <span class="tab" data-active="true">
            <button disabled>{placeholder}</button>
          </span>
        )}
      </div>
    );
  }
  const active = workspace.active.value;
  return (
    <div class="tabs" role="tablist" aria-label="Open files">
      {workspace.tabs.value.map((tab) => (
        <span class="tab" key={tab.file.path} data-active={tab === active}>
          <button
            role="tab"
            aria-selected={tab === active}
            title={tab.file.path}
            onClick={() => (workspace.active.value = tab)}
          >
            {tab.file.path}
            <span class="dirty" data-dirty={tab.file.dirty.value} aria-hidden="true">
              ●
            </span>
            {tab.file.dirty.value && <span class="sr-only">, not saved yet</span>}
          </button>
          {workspace.tabs.value.length > 1 && (
            <button
              class="tab-close"
              aria-label={`Close ${tab.file.path}`}
              onClick={() => workspace.close(tab)}
            >
              ×
            </button>
          )}
        </span>
      ))}
    </div>
  );
}

/** Between the tabs and the text: that the shell changed or removed the file, that it cannot be saved, or edited. */
function FileNotice({
  tab,
  failure,
  onClose,
}: {
  tab: EditorTab | undefined;
  failure: string | undefined;
  /** Undefined for the only tab. */
  onClose: ((tab: EditorTab) => void) | undefined;
}) {
  if (failure) {
    return (
      <div class="banner" data-severity="failed" role="alert">
        <p>{failure}</p>
        <button class="button" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    );
  }
  if (!tab) return null;
  const { file, readOnly } = tab;
  const conflict = file.conflict.value;
  if (conflict) {
    return (
      <div class="banner" role="alert">
        <p>
          {conflict.theirs === undefined
            ? `${file.path} was removed while you were writing.`
            : `${file.path} was changed by the shell while you were writing.`}{' '}
          Nothing is lost yet: which text shall stay?
        </p>
        <div class="banner-actions">
          <button class="button" onClick={() => void file.keepMine()}>
            Mine
          </button>
          {conflict.theirs !== undefined && (
            <button class="button" onClick={() => file.takeTheirs()}>
              The shell’s
            </button>
          )}
        </div>
      </div>
    );
  }
  if (file.failure.value) {
    return (
      <div class="banner" data-severity="failed" role="alert">
        <p>
          {file.path} could not be saved: {file.failure.value} It is still here, in the editor.
        </p>
        <button class="button" onClick={() => void file.save()}>
          Try again
        </button>
      </div>
    );
  }
  if (file.removed.value) {
    return (
      <div class="banner" role="status">
        <p>{file.path} was removed or renamed in the shell. What it held is still here, in the editor.</p>
        <div class="banner-actions">
          <button class="button" onClick={() => void file.restore()}>
            Write it again
          </button>
          {onClose && (
            <button class="button" onClick={() => onClose(tab)}>
              Close
            </button>
          )}
        </div>
      </div>
    );
  }
  return readOnly ? (
    <div class="banner" role="status">
      <p>{readOnly}</p>
    </div>
  ) : null;
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);
