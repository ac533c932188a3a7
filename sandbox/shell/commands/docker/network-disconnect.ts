/** `docker network disconnect` */
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: 'NETWORK CONTAINER',
  short: 'Disconnect a container from a network',
  args: [2, 2],
  run: ({ engine, args: [network = '', name = ''] }) => engine.containers.disconnect(network, name),
};
