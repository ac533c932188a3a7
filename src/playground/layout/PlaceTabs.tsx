import type { Signal } from '@preact/signals';

type Place = 'cluster' | 'preview';

const PLACES: { place: Place; label: string }[] = [
  { place: 'cluster', label: 'Cluster' },
  { place: 'preview', label: 'Preview' },
];

/** The cluster and what it serves share a place; each has these tabs in its bar. */
export function PlaceTabs({ previewing, shows }: { previewing: Signal<boolean>; shows: Place }) {
  const choose = (place: Place, from: HTMLElement) => {
    const upper = from.closest('.upper');
    previewing.value = place === 'preview';
    // The keyboard goes along to the same tab of the other panel.
    requestAnimationFrame(() =>
      upper?.querySelector<HTMLElement>(`.${place}-panel [data-place=${place}]`)?.focus(),
    );
  };
  const move = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    choose(shows === 'cluster' ? 'preview' : 'cluster', event.currentTarget as HTMLElement);
  };
  return (
    <div class="tabs" role="tablist" aria-label="Cluster and preview" onKeyDown={move}>
      {PLACES.map(({ place, label }) => (
        <span class="tab" key={place} data-active={place === shows}>
          <button
            role="tab"
            data-place={place}
            aria-selected={place === shows}
            tabIndex={place === shows ? 0 : -1}
            onClick={(event) => choose(place, event.currentTarget)}
          >
            {label}
          </button>
        </span>
      ))}
    </div>
  );
}
