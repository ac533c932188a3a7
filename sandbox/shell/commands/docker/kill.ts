/** `docker kill` */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';
import { flag } from '../kubectl/flags.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Kill one or more running containers',
  args: [1, Infinity],
  flags: [flag('signal,s', 'KILL', 'Signal to send to the container')],
  run: (context) =>
    eachContainer(context, async (name) =>
      context.engine.containers.signal(name, context.flags.string('signal')),
    ),
};
