import type { TargetedPointerEvent } from 'preact';
import { PANES, paneSize, resizePane, type PaneName } from './panes.ts';

const STEP_PERCENT = 2;

/**
 * A bar between two panes (WAI-ARIA window splitter): drag it, or focus it and use the arrow keys, Home and
 * End; a double click brings it back. `along` is the direction in which it moves.
 */
export function Splitter({ pane, along, label }: { pane: PaneName; along: 'x' | 'y'; label: string }) {
  const { initial, min, max } = PANES[pane];

  const onPointerDown = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    const bar = event.currentTarget;
    const room = bar.parentElement!.parentElement!.getBoundingClientRect();
    bar.setPointerCapture(event.pointerId);
    bar.dataset['dragging'] = '';
    const onMove = (move: PointerEvent) =>
      resizePane(
        pane,
        along === 'x'
          ? ((move.clientX - room.left) / room.width) * 100
          : ((move.clientY - room.top) / room.height) * 100,
      );
    const onEnd = () => {
      delete bar.dataset['dragging'];
      bar.removeEventListener('pointermove', onMove);
      bar.removeEventListener('lostpointercapture', onEnd);
    };
    bar.addEventListener('pointermove', onMove);
    bar.addEventListener('lostpointercapture', onEnd);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = along === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const size = paneSize(pane);
    if (event.key === less) resizePane(pane, size - STEP_PERCENT);
    else if (event.key === more) resizePane(pane, size + STEP_PERCENT);
    else if (event.key === 'Home') resizePane(pane, min);
    else if (event.key === 'End') resizePane(pane, max);
    else return;
    event.preventDefault();
  };

  return (
    // A landmark around it: some splitters stand between the page's regions.
    <div class="splitter-place" role="region" aria-label={label}>
      <div
        class={`splitter splitter-${along}`}
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={along === 'x' ? 'vertical' : 'horizontal'}
        aria-valuenow={Math.round(paneSize(pane))}
        aria-valuemin={min}
        aria-valuemax={max}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
        onDblClick={() => resizePane(pane, initial)}
      />
    </div>
  );
}
