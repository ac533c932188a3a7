/** `docker pause` */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: 'CONTAINER [CONTAINER...]',
  short: 'Pause all processes within one or more containers',
  args: [1, Infinity],
  run: (context) => eachContainer(context, (name) => context.engine.containers.pause(name)),
};
