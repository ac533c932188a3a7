/** `docker logs` */
import { flag } from '../kubectl/flags.ts';
import { ClientError, type DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] CONTAINER',
  short: 'Fetch the logs of a container',
  args: [1, 1],
  flags: [
    flag('follow,f', false, 'Follow log output'),
    flag('tail,n', 'all', 'Number of lines to show from the end of the logs'),
    flag('timestamps,t', false, 'Show timestamps'),
  ],
  run: ({ process, engine, flags, args: [name] }) =>
    process.withAbort(async (signal) => {
      const tail = flags.string('tail');
      if (tail !== 'all' && !/^\d+$/.test(tail)) throw new ClientError(`invalid value for "tail": ${tail}`);
      const lines = engine.containers.logs(name!, {
        follow: flags.bool('follow'),
        tail: tail === 'all' ? undefined : Number(tail),
        timestamps: flags.bool('timestamps'),
        signal,
      });
      for await (const bytes of lines) await process.print(bytes);
    }),
};
