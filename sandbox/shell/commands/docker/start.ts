/** `docker start` */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Start one or more stopped containers',
  args: [1, Infinity],
  run: (context) => eachContainer(context, (name) => context.engine.containers.start(name)),
};
