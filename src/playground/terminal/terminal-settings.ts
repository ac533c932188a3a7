import { effect, signal } from '@preact/signals';
import { readStored, writeStored } from '../stored.ts';

const browser = typeof window !== 'undefined';

export const MIN_FONT_SIZE_PX = 10;
export const MAX_FONT_SIZE_PX = 24;

/** Of the terminal and the editor. */
export const fontSizePx = signal(browser ? readStored('fontSizePx', 13) : 13);

/** xterm keeps the screen's text in the accessibility tree and announces output. Costs speed, so it is asked for. */
export const screenReaderMode = signal(browser ? readStored('screenReaderMode', false) : false);

export function changeFontSize(byPx: number): void {
  fontSizePx.value = Math.min(MAX_FONT_SIZE_PX, Math.max(MIN_FONT_SIZE_PX, fontSizePx.value + byPx));
}

if (browser) {
  effect(() => writeStored('fontSizePx', fontSizePx.value));
  effect(() => writeStored('screenReaderMode', screenReaderMode.value));
}
