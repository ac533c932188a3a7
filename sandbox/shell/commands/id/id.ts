/** GNU `id` of the current user. */
import { CommandError, defineCommand, quoted } from '../command.ts';
import { Names } from '../file-mode.ts';

export const program = defineCommand(
  {
    short: 'aGgnru',
    long: { group: 'g', groups: 'G', name: 'n', real: 'r', user: 'u' },
    usage: 'id [OPTION]... [USER]\nPrint user and group information.',
  },
  async (process, options, operands) => {
    const names = new Names(process);
    let { uid, gid } = process.user;
    if (operands[0] !== undefined) {
      const found = names.userId(operands[0]);
      if (found === undefined)
        throw new CommandError(`${quoted(operands[0]).replaceAll("'", '')}: no such user`);
      [uid, gid] = [found, found];
    }
    const named = options.has('n');
    if (options.has('u')) await process.print(`${named ? names.user(uid) : uid}\n`);
    else if (options.has('g') || options.has('G')) await process.print(`${named ? names.group(gid) : gid}\n`);
    else
      await process.print(
        `uid=${uid}(${names.user(uid)}) gid=${gid}(${names.group(gid)}) groups=${gid}(${names.group(gid)})\n`,
      );
    return 0;
  },
);
