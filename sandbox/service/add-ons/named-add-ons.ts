/** The command line of what is done with add-ons by hand: their names. */
import type { AddOn } from './add-on.ts';
import { ADD_ONS, addOnsFor } from './add-ons.ts';

/** Those that the arguments name, each after what it needs. Ends the process when they name none, or one that nobody knows. */
export function namedAddOns(): AddOn[] {
  const names = process.argv.slice(2);
  try {
    if (names.length > 0) return addOnsFor(names);
    console.error(`Which? ${ADD_ONS.map(({ name, version }) => `${name} (${version})`).join(', ')}`);
  } catch (error) {
    console.error((error as Error).message);
  }
  process.exit(2);
}
