/** `docker wait` */
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: 'CONTAINER [CONTAINER...]',
  short: 'Block until one or more containers stop, then print their exit codes',
  args: [1, Infinity],
  run: async ({ process, engine, args }) => {
    for (const name of args) await process.print(`${await process.wait(engine.containers.wait(name))}\n`);
  },
};
