/** `kubectl describe` (`kubectl/pkg/cmd/describe`): objects by name, name prefix, label, type or file. */
import { StatusError } from '../../../cluster/api/status.ts';
import type { Command } from './command.ts';
import { CommandError, throwAll } from './errors.ts';
import { flag } from './flags.ts';
import type { Invocation } from './invocation.ts';
import { find, findAll, type Info } from './resource-builder.ts';
import { ALL_NAMESPACES_FLAG, filenameFlags, filenamesOf, SELECTOR_FLAG } from './selection-flags.ts';
import { Description } from './describe/description.ts';
import { describerFor } from './describe/describers.ts';

export const command: Command = {
  use: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  short: 'Show details of a specific resource or group of resources',
  long: `Show details of a specific resource or group of resources: the object, what belongs to it and the events about it.

 Without an object of exactly that name, all whose names begin with it are shown.

Use "kubectl api-resources" for a complete list of supported resources.`,
  examples: [
    ['A node', 'kubectl describe nodes worker-1'],
    ['A pod', 'kubectl describe pods/nginx'],
    ['All pods whose names begin with frontend', 'kubectl describe pods frontend'],
    ['Pods by label', 'kubectl describe pods -l app=web'],
  ],
  flags: [
    ...filenameFlags('with what to describe.'),
    SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    flag('show-events', true, 'Show the events about each object.'),
    flag('chunk-size', 500, 'Ask for long lists in pieces of this many; 0 asks for all at once.'),
  ],
  run: async (invocation) => {
    const { flags, args } = invocation;
    const files = filenamesOf(invocation);
    if (args.length === 0 && files.filenames.length === 0)
      throw new CommandError(
        'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n',
      );
    const found = await find(invocation, {
      args,
      ...files,
      labelSelector: flags.string('selector'),
      allNamespaces: flags.bool('all-namespaces'),
      continueOnError: true,
      latest: true,
    });
    const missing = found.errors.find((error) => error instanceof StatusError && error.reason === 'NotFound');
    if (missing && args.length === 2) return byPrefix(invocation, missing);
    const errors = [...found.errors];
    let first = true;
    for (const info of found.infos) {
      try {
        const text = await describe(invocation, info);
        await invocation.print(first ? text : `\n\n${text}`);
        first = false;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (!errors.some((known) => known.message === error.message)) errors.push(error);
      }
    }
    if (found.infos.length === 0 && errors.length === 0)
      await invocation.printError(
        flags.bool('all-namespaces')
          ? 'No resources found\n'
          : `No resources found in ${invocation.namespace.namespace} namespace.\n`,
      );
    throwAll(errors);
  },
};

/** What describes itself by the beginning of its name; the original error when nothing does. */
async function byPrefix(invocation: Invocation, missing: Error): Promise<void> {
  const [type, prefix] = invocation.args as [string, string];
  const infos = await findAll(invocation, { args: [type], singleResourceType: true });
  const matching = infos.filter((info) => info.name.startsWith(prefix));
  if (matching.length === 0) throw missing;
  for (const info of matching) await invocation.print(`${await describe(invocation, info)}\n`);
}

async function describe(invocation: Invocation, info: Info): Promise<string> {
  const description = new Description(invocation, invocation.flags.bool('show-events'));
  await describerFor(info.mapping)(description, info.object);
  return description.toString();
}
