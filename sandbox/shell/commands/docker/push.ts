/** `docker push` */
import { EngineError } from '../../../os/container-engine.ts';
import { flag } from '../kubectl/flags.ts';
import { ClientError, type DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] NAME[:TAG]',
  short: 'Upload an image to a registry',
  args: [1, 1],
  flags: [flag('quiet,q', false, 'Suppress verbose output')],
  run: async ({ process, engine, flags, args: [name] }) => {
    const quiet = flags.bool('quiet');
    const short = name!.split('/').at(-1)!;
    const tag = short.includes(':') ? short.split(':')[1]! : 'latest';
    const repository = name!.replace(/:[^/:]*$/, '');
    const registry = /^(localhost|[^/]*[.:][^/]*)\//.test(repository);
    const full = registry
      ? repository
      : `docker.io/${repository.includes('/') ? '' : 'library/'}${repository}`;
    const states = new Map<string, string>();
    if (!quiet) {
      if (!short.includes(':')) await process.print('Using default tag: latest\n');
      await process.print(`The push refers to repository [${full}]\n`);
    }
    try {
      const { digest, sizeBytes } = await process.wait(
        engine.images.push(name!, ({ layer, status }) => void states.set(layer, status)),
      );
      if (quiet) await process.print(`${full}:${tag}\n`);
      else {
        for (const [layer, status] of states) await process.print(`${layer}: ${status}\n`);
        await process.print(`${tag}: digest: ${digest} size: ${sizeBytes}\n`);
      }
    } catch (error) {
      // These two come from the client, in the middle of the push.
      if (error instanceof EngineError && !error.message.startsWith('Get '))
        throw new ClientError(error.message);
      throw error;
    }
  },
};
