import type { Signal } from '@preact/signals';
import { useSignal, useSignalEffect } from '@preact/signals';
import { PlaceTabs } from '../layout/PlaceTabs.tsx';
import type { View } from '../layout/ViewTabs.tsx';
import type { PreviewHandle } from '../preview/preview-handle.ts';
import type { LessonSession } from '../session.ts';
import type { ShellHandle } from '../terminal/shell-handle.ts';
import { ClusterPicture, type Selected } from './ClusterPicture.tsx';
import type { ClusterWatch } from './cluster-watch.ts';
import { ObjectDetails } from './ObjectDetails.tsx';
import { TimeLine } from './TimeLine.tsx';
import './cluster-view.css';

interface Props {
  session: LessonSession;
  shell: ShellHandle;
  view: Signal<View>;
  /** Filled here, once the prompt is there; the preview reads it too. */
  watch: Signal<ClusterWatch | undefined>;
  preview: PreviewHandle;
}

/** A live picture of the cluster. A click on anything shows it in full. */
export function ClusterPanel({ session, shell, view, watch, preview }: Props) {
  const selected = useSignal<Selected | undefined>(undefined);

  // After the prompt, like everything that is not the prompt; again after each reset.
  useSignalEffect(() => {
    const epoch = session.epoch.value;
    const current = session.session.value;
    if (!current || epoch === 0) return;
    let ended = false;
    let watching: ClusterWatch | undefined;
    shell.firstOpened
      .then(() => import('./cluster-watch.ts'))
      .then(({ ClusterWatch }) => {
        if (!ended) watch.value = watching = new ClusterWatch(current);
      })
      .catch((error: unknown) => session.report(error));
    return () => {
      ended = true;
      watching?.dispose();
      watch.value = undefined;
      selected.value = undefined;
    };
  });

  const picture = watch.value?.picture.value;
  const shown = selected.value;
  const current = session.session.value;
  return (
    <section class="panel cluster-panel" aria-label="Cluster" tabIndex={-1} hidden={preview.shown.value}>
      <header class="panel-bar">
        <h2 class="sr-only">Cluster</h2>
        <PlaceTabs previewing={preview.shown} shows="cluster" />
        <p class="tally">
          {picture &&
            `${picture.nodes.filter((node) => node.object).length} ${plural(picture.nodes.filter((node) => node.object).length, 'node')}, ${picture.podCount} ${plural(picture.podCount, 'pod')}`}
        </p>
        <div class="panel-actions">
          <button class="quiet other-view" onClick={() => (view.value = 'editor')}>
            Editor
          </button>
        </div>
      </header>
      <div class="cluster-body" data-past={watch.value?.lookingBack.value !== undefined}>
        {picture && watch.value && (
          <ClusterPicture
            picture={picture}
            traffic={watch.value.traffic}
            selected={shown?.id}
            onSelect={(next) => (selected.value = selected.peek()?.id === next.id ? undefined : next)}
          />
        )}
        {shown && current && (
          <ObjectDetails
            key={shown.id}
            selected={shown}
            picture={picture}
            kube={current.kube}
            shell={shell}
            preview={preview}
            onClose={() => (selected.value = undefined)}
          />
        )}
      </div>
      <TimeLine session={session} watch={watch.value} />
    </section>
  );
}

const plural = (count: number, noun: string) => (count === 1 ? noun : `${noun}s`);
