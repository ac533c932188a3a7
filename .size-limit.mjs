/**
 * Budgets of the built scripts and of what holds up a lesson's first paint (gzip), checked by `npm test` after the build. What belongs to a group follows from
 * the imports in `dist/`, so that code that moves into a shared chunk is still counted.
 */
import { BuiltScripts } from './tests/bench/chunks.ts';
import { beforeFirstPaint } from './tests/bench/first-paint.ts';
import { scriptGroups } from './tests/bench/script-groups.ts';

const scripts = new BuiltScripts();

export default [
  {
    name: 'before the first paint of a lesson: page, styles, fonts',
    path: beforeFirstPaint(),
    limit: '120 kB',
    gzip: true,
  },
  ...scriptGroups(scripts).map(({ name, chunks, budgetKb }) => ({
    name,
    path: scripts.paths(chunks),
    limit: `${budgetKb} kB`,
    gzip: true,
  })),
];
