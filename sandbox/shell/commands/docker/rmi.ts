/** `docker rmi` */
import { EngineError } from '../../../os/container-engine.ts';
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] IMAGE [IMAGE...]',
  short: 'Remove one or more images',
  args: [1, Infinity],
  flags: [flag('force,f', false, 'Force removal of the image')],
  run: async ({ process, engine, flags, args }) => {
    let exitCode = 0;
    for (const name of args) {
      try {
        for (const line of engine.images.remove(name, flags.bool('force'))) await process.print(`${line}\n`);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        await process.printError(`Error response from daemon: ${error.message}\n`);
        exitCode = 1;
      }
    }
    return exitCode;
  },
};
