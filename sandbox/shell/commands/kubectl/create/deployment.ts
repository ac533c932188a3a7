import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { commandOf, generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --image=image -- [COMMAND] [args...]',
  short: 'Create a deployment with the specified name',
  examples: [
    ['A deployment of three nginx', 'kubectl create deployment web --image=nginx --replicas=3'],
    ['One that runs a command', 'kubectl create deployment date --image=busybox -- date'],
  ],
  flags: [
    flag('image', [], 'Image names to run; several make several containers.', { kind: 'strings' }),
    flag('port', -1, 'The port that the container exposes.'),
    flag('replicas,r', 1, 'Number of replicas.'),
  ],
  required: ['image'],
  failure: 'failed to create deployment: ',
  generate: (invocation, name) => {
    const { flags } = invocation;
    const images = flags.list('image');
    const command = commandOf(invocation);
    if (images.length > 1 && command.length > 0)
      throw new CommandError('cannot specify multiple --image options and command');
    const port = flags.int('port');
    const labels = { app: name };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        replicas: flags.int('replicas'),
        selector: { matchLabels: labels },
        strategy: {},
        template: {
          metadata: { labels },
          spec: {
            containers: images.map((image) => ({
              name: containerName(image),
              image,
              ...(command.length > 0 ? { command } : {}),
              ...(port >= 0 ? { ports: [{ containerPort: port }] } : {}),
              resources: {},
            })),
          },
        },
      },
      status: {},
    };
  },
});

/** The image's last path segment without tag and digest, made a label. */
function containerName(image: string): string {
  const [base = ''] = image.split('/').at(-1)!.split(/[:@]/);
  return base.toLowerCase().replace(/[^a-z0-9-]/g, '');
}
