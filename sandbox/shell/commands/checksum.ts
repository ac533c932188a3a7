/** `sha256sum` and `md5sum`: sums of files, and -c to check them. */
import { readWholeText } from '../../os/open.ts';
import type { Program } from '../../os/machine.ts';
import { defineCommand, type CommandBody } from './command.ts';
import type { Digest } from './digest.ts';
import { Inputs } from './input.ts';

export function checksumProgram(name: string, algorithm: string, create: () => Digest): Program {
  const body: CommandBody = async (process, options, operands) => {
    const sum = async (paths: string[]) => {
      const inputs = new Inputs(process, paths);
      const sums: [string, string][] = [];
      for await (const input of inputs) {
        const digest = create();
        for (let bytes; (bytes = await input.read());) digest.update(bytes);
        if (!inputs.failed || sums.length < paths.length) sums.push([input.name, digest.finish()]);
      }
      return { sums, failed: inputs.failed };
    };
    if (!options.has('c')) {
      const { sums, failed } = await sum(operands);
      for (const [path, text] of sums)
        await process.print(options.has('tag') ? `${algorithm} (${path}) = ${text}\n` : `${text}  ${path}\n`);
      return failed ? 1 : 0;
    }
    let [bad, missing] = [0, 0];
    const lists =
      operands.length > 0
        ? await Promise.all(operands.map((path) => readWholeText(process, path)))
        : [await process.readAll(0)];
    for (const line of lists.join('\n').split('\n')) {
      const match = /^([0-9a-f]+) [ *](.*)$/i.exec(line);
      if (!match) continue;
      const { sums, failed } = await sum([match[2]!]);
      const ok = sums[0]?.[1] === match[1]!.toLowerCase() && !failed;
      if (failed) missing++;
      else if (!ok) bad++;
      if (!options.has('status') && !(ok && options.has('quiet')))
        await process.print(`${match[2]}: ${failed ? 'FAILED open or read' : ok ? 'OK' : 'FAILED'}\n`);
    }
    if (missing > 0 && !options.has('status'))
      await process.printError(
        `${name}: WARNING: ${missing} listed file${missing > 1 ? 's' : ''} could not be read\n`,
      );
    if (bad > 0 && !options.has('status'))
      await process.printError(
        `${name}: WARNING: ${bad} computed checksum${bad > 1 ? 's' : ''} did NOT match\n`,
      );
    return bad + missing > 0 ? 1 : 0;
  };
  return defineCommand(
    {
      short: 'bctwz',
      long: { binary: 'b', check: 'c', text: 't', tag: 'tag', quiet: 'quiet', status: 'status', warn: 'w' },
      usage: `${name} [OPTION]... [FILE]...\nPrint or check ${algorithm} checksums.\n\n  -c, --check  read checksums from the FILEs and check them`,
    },
    body,
  );
}
