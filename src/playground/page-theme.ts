/** The theme that the page shows, for what draws its own colours (terminal, editor). */
import { signal } from '@preact/signals';

const current = () => (document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark');

export const pageTheme = signal<'light' | 'dark'>(typeof document === 'undefined' ? 'dark' : current());

if (typeof document !== 'undefined') {
  new MutationObserver(() => (pageTheme.value = current())).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme'],
  });
}

/** A colour or font of `theme.css` as it is now: `cssVariable('ink')`. */
export const cssVariable = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
