/** Commands that do one thing to each of several containers, and print the name of each that it was done to. */
import { EngineError } from '../../../os/container-engine.ts';
import type { DockerContext } from './command.ts';

export async function eachContainer(
  { process, args }: DockerContext,
  act: (name: string) => Promise<void>,
): Promise<number> {
  let exitCode = 0;
  for (const name of args) {
    try {
      await process.wait(act(name));
      await process.print(`${name}\n`);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      await process.printError(`Error response from daemon: ${error.message}\n`);
      exitCode = 1;
    }
  }
  return exitCode;
}
