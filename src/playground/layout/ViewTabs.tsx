import type { Signal } from '@preact/signals';

export type View = 'lesson' | 'editor' | 'terminal' | 'cluster' | 'checks';

const VIEWS: { view: View; label: string }[] = [
  { view: 'lesson', label: 'Lesson' },
  { view: 'editor', label: 'Editor' },
  { view: 'terminal', label: 'Terminal' },
  { view: 'cluster', label: 'Cluster' },
  { view: 'checks', label: 'Checks' },
];

/** On a phone one pane at a time. */
export function ViewTabs({ view, passed, of }: { view: Signal<View>; passed: number; of: number }) {
  const move = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    const at = VIEWS.findIndex((item) => item.view === view.value);
    const next = VIEWS.at((at + by) % VIEWS.length)!;
    view.value = next.view;
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab=${next.view}]`)?.focus();
  };
  return (
    <nav class="view-tabs-place" aria-label="Panes">
      <div class="view-tabs" role="tablist" aria-label="Panes" onKeyDown={move}>
        {VIEWS.map((item) => (
          <button
            key={item.view}
            role="tab"
            data-tab={item.view}
            aria-selected={item.view === view.value}
            tabIndex={item.view === view.value ? 0 : -1}
            onClick={() => (view.value = item.view)}
          >
            {item.label}
            {item.view === 'checks' && (
              <span class="tally">
                {passed}/{of}
              </span>
            )}
          </button>
        ))}
      </div>
    </nav>
  );
}
