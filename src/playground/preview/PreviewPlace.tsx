import type { Signal } from '@preact/signals';
import { useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';
import type { ClusterWatch } from '../cluster-view/cluster-watch.ts';
import { PlaceTabs } from '../layout/PlaceTabs.tsx';
import type { View } from '../layout/ViewTabs.tsx';
import type { LessonSession } from '../session.ts';
import type { ShellHandle } from '../terminal/shell-handle.ts';
import type { PreviewHandle } from './preview-handle.ts';

export interface PreviewProps {
  handle: PreviewHandle;
  session: LessonSession;
  shell: ShellHandle;
  watch: Signal<ClusterWatch | undefined>;
}

/** Where the preview stands, over the cluster. Nothing of it is loaded, and nothing asked for, until somebody opens it. */
export function PreviewPlace({ view, ...props }: PreviewProps & { view: Signal<View> }) {
  const { handle, session } = props;
  const [panel, setPanel] = useState<{ Panel: ComponentType<PreviewProps> }>();
  useSignalEffect(() => {
    if (!handle.shown.value || panel) return;
    import('./PreviewPanel.tsx').then(
      ({ PreviewPanel }) => setPanel({ Panel: PreviewPanel }),
      (error: unknown) => session.report(error),
    );
  });
  return (
    <section class="panel preview-panel" aria-label="Preview" tabIndex={-1} hidden={!handle.shown.value}>
      <header class="panel-bar">
        <h2 class="sr-only">Preview</h2>
        <PlaceTabs previewing={handle.shown} shows="preview" />
        <div class="panel-actions">
          <button class="quiet other-view" onClick={() => (view.value = 'editor')}>
            Editor
          </button>
        </div>
      </header>
      {panel && <panel.Panel {...props} />}
    </section>
  );
}
