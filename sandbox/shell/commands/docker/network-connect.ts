/** `docker network connect` */
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: 'NETWORK CONTAINER',
  short: 'Connect a container to a network',
  args: [2, 2],
  run: ({ engine, args: [network = '', name = ''] }) => engine.containers.connect(network, name),
};
