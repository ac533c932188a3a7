/** `docker pull` */
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand, DockerContext } from './command.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] NAME[:TAG|@DIGEST]',
  short: 'Download an image from a registry',
  args: [1, 1],
  flags: [flag('quiet,q', false, 'Suppress verbose output')],
  run: async ({ process, engine, flags, args: [name] }) => {
    const reference = await pullImage({ process, engine }, name!, flags.bool('quiet') ? 'quiet' : 'told');
    await process.print(`${reference}\n`);
  },
};

/** Pulls, and tells how it goes (to standard error as `progress` of something else); the full reference. */
export async function pullImage(
  { process, engine }: Pick<DockerContext, 'process' | 'engine'>,
  name: string,
  how: 'told' | 'progress' | 'quiet',
): Promise<string> {
  const lines: string[] = [];
  const print = (text: string) => (how === 'told' ? process.print(text) : process.printError(text));
  const short = name.split('/').at(-1)!;
  if (how === 'told' && !/[:@]/.test(short)) lines.push('Using default tag: latest');
  for (const line of lines.splice(0)) await print(`${line}\n`);
  const { digest, newer, reference } = await process.wait(
    engine.images.pull(name, ({ layer, status }) => void lines.push(`${layer}: ${status}`)),
  );
  if (how === 'quiet') return reference;
  const tag = /:([^/:@]+)$/.exec(reference)?.[1] ?? digest;
  const repository = reference.replace(/[:@][^/]*$/, '').replace(/^docker\.io\//, '');
  await print(`${tag}: Pulling from ${repository.replace(/^localhost(:\d+)?\//, '')}\n`);
  // What is all here already is not told layer by layer.
  if (newer) for (const line of lines) await print(`${line}\n`);
  const shown = reference.replace(/^docker\.io\/(library\/)?/, '');
  await print(
    `Digest: ${digest}\nStatus: ${newer ? 'Downloaded newer image' : 'Image is up to date'} for ${shown}\n`,
  );
  return reference;
}
