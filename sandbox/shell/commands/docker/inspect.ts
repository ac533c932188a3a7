/** `docker inspect`: the documents of containers and images. */
import { flag } from '../kubectl/flags.ts';
import type { DockerCommand } from './command.ts';
import { formatRows } from './formatted.ts';

export const command: DockerCommand = {
  use: '[OPTIONS] NAME|ID [NAME|ID...]',
  short: 'Return low-level information on Docker objects',
  args: [1, Infinity],
  flags: [
    flag('format,f', '', 'Format output using a Go template'),
    flag('type', '', 'Only inspect objects of the given type'),
  ],
  run: async ({ process, engine, flags, args }) => {
    const type = flags.string('type');
    const found: Record<string, unknown>[] = [];
    const missing: string[] = [];
    for (const name of args) {
      const container = type === 'image' ? undefined : engine.containers.inspect(name);
      const document = container ?? (type === 'container' ? undefined : engine.images.inspect(name));
      if (document) found.push(document);
      else missing.push(name);
    }
    const format = flags.string('format');
    await process.print(format ? formatRows(format, found) : `${JSON.stringify(found, undefined, 4)}\n`);
    for (const name of missing) await process.printError(`error: no such object: ${name}\n`);
    return missing.length > 0 ? 1 : 0;
  },
};
