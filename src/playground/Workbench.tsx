/**
 * A lesson's page: prose and checks left, the playground right. Drawn on the server too, so that every
 * region stands where it will be before the first script has run.
 */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Lesson } from '../lesson.ts';
import { ChecksPanel } from './checks/ChecksPanel.tsx';
import { LessonChecks } from './checks/lesson-checks.ts';
import type { ClusterWatch } from './cluster-view/cluster-watch.ts';
import { ClusterPanel } from './cluster-view/ClusterPanel.tsx';
import { EditorPanel } from './editor/EditorPanel.tsx';
import { walkPanes } from './layout/pane-keys.ts';
import { Splitter } from './layout/Splitter.tsx';
import { ViewTabs, type View } from './layout/ViewTabs.tsx';
import { offerCommands } from './lesson-commands.ts';
import { PreviewHandle } from './preview/preview-handle.ts';
import { PreviewPlace } from './preview/PreviewPlace.tsx';
import { isServiceLink } from './preview/service-link.ts';
import { runtimeNamed } from './runtimes.ts';
import { LessonSession } from './session.ts';
import { StatusBanner } from './StatusBanner.tsx';
import { ShellHandle } from './terminal/shell-handle.ts';
import { TerminalPanel } from './terminal/TerminalPanel.tsx';
import { Toolbar } from './toolbar/Toolbar.tsx';
import './workbench.css';

export function Workbench({ lesson, children }: { lesson: Lesson; children?: ComponentChildren }) {
  const root = useRef<HTMLDivElement>(null);
  const prose = useRef<HTMLDivElement>(null);
  /** What a phone shows; wider pages show all. */
  const view = useSignal<View>('lesson');
  /** A path that the shell asked the editor to open. */
  const edit = useSignal<string | undefined>(undefined);
  /** What the cluster view and the preview know of the cluster. */
  const watch = useSignal<ClusterWatch | undefined>(undefined);
  const { session, checks, shell, preview } = useMemo(
    () => ({
      session: new LessonSession(lesson.start, runtimeNamed),
      checks: new LessonChecks(lesson),
      shell: new ShellHandle(),
      preview: new PreviewHandle(),
    }),
    [],
  );

  useEffect(() => {
    void session.open();
    const following = checks.follow(session);
    const keys = walkPanes(root.current!);
    offerCommands(prose.current!, {
      run: (line) => {
        // On a phone the terminal is behind another tab.
        if (view.value === 'lesson') view.value = 'terminal';
        shell.run(line, { focus: true });
      },
    });
    return () => {
      following.dispose();
      keys.dispose();
    };
  }, []);

  const reset = () => {
    checks.forget();
    void session.reset().catch((error: unknown) => session.report(error));
  };

  return (
    <div class="workbench" ref={root} data-view={view.value}>
      <ViewTabs view={view} passed={checks.passed.value} of={lesson.checks.length} />
      <div class="lesson-column">
        {/* No landmark of its own: the page's <main> is in it. */}
        <div class="lesson-prose" tabIndex={-1} data-pane ref={prose}>
          {children}
        </div>
        <Splitter pane="prose" along="y" label="Height of the lesson" />
        <ChecksPanel lesson={lesson} checks={checks} />
      </div>
      <Splitter pane="lesson" along="x" label="Width of the lesson" />
      <div class="playground" role="region" aria-label="Playground">
        <Toolbar lesson={lesson} session={session} onReset={reset} />
        <StatusBanner session={session} />
        <div class="panes">
          <div class="upper">
            <EditorPanel lesson={lesson} session={session} shell={shell} edit={edit} view={view} />
            <Splitter pane="editor" along="x" label="Width of the editor" />
            <ClusterPanel session={session} shell={shell} view={view} watch={watch} preview={preview} />
            <PreviewPlace handle={preview} session={session} shell={shell} view={view} watch={watch} />
          </div>
          <Splitter pane="upper" along="y" label="Height of the editor" />
          <TerminalPanel
            lesson={session}
            shell={shell}
            onEdit={(path) => {
              edit.value = path;
              view.value = 'editor';
            }}
            onLink={(url) => {
              if (!isServiceLink(url, watch.value?.services.value ?? [])) return false;
              view.value = 'cluster';
              preview.open(url);
              return true;
            }}
          />
        </div>
      </div>
    </div>
  );
}
