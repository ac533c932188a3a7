/**
 * Budgets of the built scripts (gzip), checked by `npm test` after the build. What belongs to a group follows from
 * the imports in `dist/`, so that code that moves into a shared chunk is still counted.
 */
import { BuiltScripts } from './tests/bench/chunks.ts';
import { scriptGroups } from './tests/bench/script-groups.ts';

const scripts = new BuiltScripts();

export default scriptGroups(scripts).map(({ name, chunks, budgetKb }) => ({
  name,
  path: scripts.paths(chunks),
  limit: `${budgetKb} kB`,
  gzip: true,
}));
