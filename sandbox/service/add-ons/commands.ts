/**
 * `npx node sandbox/service/add-ons/commands.ts NAME…`: prints the commands that install the add-ons and what they need, for a
 * shell whose kubectl is an administrator of the cluster. It runs none of them.
 */
import { commandsOf } from './add-on.ts';
import { namedAddOns } from './named-add-ons.ts';

const commands = namedAddOns().flatMap((addOn) => [
  `# ${addOn.title}, ${addOn.version}`,
  ...commandsOf(addOn),
]);
console.log(['set -e', ...commands].join('\n'));
