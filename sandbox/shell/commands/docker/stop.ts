/** `docker stop`: TERM, and KILL for what is still there after a while. */
import { eachContainer } from './each-container.ts';
import type { DockerCommand } from './command.ts';
import { flag } from '../kubectl/flags.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER [CONTAINER...]',
  short: 'Stop one or more running containers',
  args: [1, Infinity],
  flags: [
    flag('signal,s', '', 'Signal to send to the container'),
    flag('timeout,t', 10, 'Seconds to wait before killing the container'),
  ],
  run: (context) =>
    eachContainer(context, (name) =>
      context.engine.containers.stop(name, context.flags.int('timeout') * 1000),
    ),
};
