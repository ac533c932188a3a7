/** `docker tag` */
import type { DockerCommand } from './command.ts';

export const command: DockerCommand = {
  use: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  short: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  args: [2, 2],
  run: async ({ engine, args: [source, target] }) => engine.images.tag(source!, target!),
};
