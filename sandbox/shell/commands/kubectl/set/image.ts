import { CommandError } from '../errors.ts';
import { podSpecToChange, setterCommand, splitArguments } from './setter.ts';

export const command = setterCommand<Map<string, string>>({
  use: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  short: 'Update the image of a pod template',
  examples: [['Another image for one container', 'kubectl set image deployment/nginx nginx=nginx:1.29']],
  done: 'image updated',
  failure: 'failed to patch image update to pod template: ',
  read: ({ args }) => {
    const isPair = (arg: string) => arg.indexOf('=') > 0 || (arg.endsWith('-') && arg !== '-');
    const [resources, changes] = splitArguments(args, isPair, 'image');
    const input = new Map<string, string>();
    const wrong = changes.filter((change) => !change.includes('='));
    if (wrong.length > 0) throw new CommandError(`invalid image format: ${wrong.join(', ')}`);
    for (const change of changes) {
      const at = change.indexOf('=');
      input.set(change.slice(0, at), change.slice(at + 1));
    }
    return { resources, input };
  },
  check: (images) => {
    if (images.size === 0) throw new CommandError('at least one image update is required');
    if (images.size > 1 && images.has('*'))
      throw new CommandError(
        'all containers are already specified by *, but saw more than one container_name=container_image pairs',
      );
  },
  change: (_, copy, images) => {
    const spec = podSpecToChange(copy);
    const containers = [...(spec['initContainers'] ?? []), ...(spec['containers'] ?? [])];
    for (const [name, image] of images) {
      const found = containers.filter((container) => name === '*' || container.name === name);
      if (found.length === 0)
        throw new CommandError(`unable to find container named ${JSON.stringify(name)}`);
      for (const container of found) container.image = image;
    }
  },
});
