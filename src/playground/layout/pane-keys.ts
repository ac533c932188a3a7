/**
 * F6 and Shift-F6 walk through the lesson's regions, as in desktop programs. It is the way out of the
 * terminal, where Tab completes words.
 */
import type { Disposable } from '../../../sandbox/core/disposable.ts';

const visible = (element: HTMLElement) => element.offsetParent !== null;

/** What in `region` takes the keyboard: its own choice (`data-focus`), or the region itself. */
function focusRegion(region: HTMLElement): void {
  const target = region.querySelector<HTMLElement>(
    '[data-focus], textarea.xterm-helper-textarea, .monaco-editor textarea, .monaco-editor [role=textbox]',
  );
  (target ?? region).focus();
}

export function walkPanes(workbench: HTMLElement): Disposable {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'F6' || event.ctrlKey || event.metaKey || event.altKey) return;
    const regions = [...workbench.querySelectorAll<HTMLElement>('[data-pane], section[aria-label]')].filter(
      visible,
    );
    const here = regions.findIndex((region) => region.contains(document.activeElement));
    const next = here + (event.shiftKey ? -1 : 1);
    event.preventDefault();
    event.stopPropagation();
    focusRegion(regions.at(next % regions.length)!);
  };
  // Capture: before xterm and Monaco see the key.
  window.addEventListener('keydown', onKeyDown, { capture: true });
  return { dispose: () => window.removeEventListener('keydown', onKeyDown, { capture: true }) };
}
