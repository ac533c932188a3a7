/**
 * `node sandbox/service/add-ons/commands.ts NAME…`: prints the commands that install the add-ons and what they need, for a
 * shell whose kubectl is an administrator of the cluster. It runs none of them.
 */
import { commandsOf } from './add-on.ts';
import { ADD_ONS, addOnsFor } from './add-ons.ts';

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error(`Which? ${ADD_ONS.map(({ name, version }) => `${name} (${version})`).join(', ')}`);
  process.exit(2);
}
try {
  const commands = addOnsFor(names).flatMap((addOn) => [
    `# ${addOn.title}, ${addOn.version}`,
    ...commandsOf(addOn),
  ]);
  console.log(['set -e', ...commands].join('\n'));
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}
