/** `docker rm` */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';
import { flag } from '../kubectl/flags.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Remove one or more containers',
  args: [1, Infinity],
  flags: [flag('force,f', false, 'Force the removal of a running container (uses SIGKILL)')],
  run: (context) =>
    eachContainer(context, (name) => context.engine.containers.remove(name, context.flags.bool('force'))),
};
