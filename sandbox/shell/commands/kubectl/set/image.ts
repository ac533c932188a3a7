import { CommandError } from '../errors.ts';
import { podSpecOf } from '../patching.ts';
import { setterCommand, splitArguments } from './setter.ts';

export const command = setterCommand<Map<string, string>>({
  use: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  short: 'Update the image of a pod template',
  examples: [['Another image for one container', 'kubectl set image deployment/nginx nginx=nginx:1.29']],
  done: 'image updated',
  read: ({ args }) => {
    const [resources, changes] = splitArguments(args, (arg) => arg.includes('='));
    if (changes.length === 0) throw new CommandError('at least one image update is required');
    const input = new Map<string, string>();
    for (const change of changes) {
      const at = change.indexOf('=');
      if (at === 0 || at === change.length - 1) throw new CommandError(`invalid argument: ${change}`);
      input.set(change.slice(0, at), change.slice(at + 1));
    }
    if (resources.length === 0)
      throw new CommandError(
        'one or more resources must be specified as <resource> <name> or <resource>/<name>',
      );
    return { resources, input };
  },
  change: (_, copy, images) => {
    const spec = podSpecOf(copy);
    if (!spec)
      throw new CommandError(`the object is not a pod or does not have a pod template: *${copy.kind}`);
    const containers = [...(spec['initContainers'] ?? []), ...(spec['containers'] ?? [])];
    for (const [name, image] of images) {
      const found = containers.filter((container) => name === '*' || container.name === name);
      if (found.length === 0)
        throw new CommandError(`unable to find container named ${JSON.stringify(name)}`);
      for (const container of found) container.image = image;
    }
  },
});
