/** Where the splitters stand, in percent of the room they divide. Kept for the next lesson. */
import { signal } from '@preact/signals';
import { readStored, writeStored } from '../stored.ts';

export const PANES = {
  /** Lesson | playground */
  lesson: { initial: 36, min: 20, max: 60 },
  /** Prose | checks */
  prose: { initial: 62, min: 20, max: 88 },
  /** Editor and cluster | terminal */
  upper: { initial: 52, min: 12, max: 88 },
  /** Editor | cluster */
  editor: { initial: 54, min: 20, max: 85 },
} as const;

export type PaneName = keyof typeof PANES;

/** The page's own script sets the same properties before the first paint (`TwoColumnContent.astro`). */
export const paneSizes = signal<Partial<Record<PaneName, number>>>(
  typeof window === 'undefined' ? {} : readStored('panes', {}),
);

export const paneSize = (name: PaneName): number => paneSizes.value[name] ?? PANES[name].initial;

export function resizePane(name: PaneName, percent: number): void {
  const { min, max } = PANES[name];
  const size = Math.round(Math.min(max, Math.max(min, percent)) * 10) / 10;
  paneSizes.value = { ...paneSizes.value, [name]: size };
  document.documentElement.style.setProperty(`--pane-${name}`, `${size}%`);
  writeStored('panes', paneSizes.value);
}
