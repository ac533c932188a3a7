/** `docker restart` */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';
import { flag } from '../kubectl/flags.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Restart one or more containers',
  args: [1, Infinity],
  flags: [flag('timeout,t', 10, 'Seconds to wait before killing the container')],
  run: (context) =>
    eachContainer(context, async (name) => {
      const { containers } = context.engine;
      await containers.stop(name, context.flags.int('timeout') * 1000);
      await containers.start(name);
    }),
};
