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
    let { uid, gid, groups = [] } = process.user;
    if (operands[0] !== undefined) {
      const found = names.userId(operands[0]);
      if (found === undefined)
        throw new CommandError(`${quoted(operands[0]).replaceAll("'", '')}: no such user`);
      [uid, gid, groups] = [found, found, []];
    }
    const named = options.has('n');
    const all = groups.includes(gid) ? groups : [gid, ...groups];
    const shown = (id: number, name: string) => (name === String(id) ? name : `${id}(${name})`);
    const list = (show: (group: number) => string | number, separator: string) =>
      all.map(show).join(separator);
    if (options.has('u')) await process.print(`${named ? names.user(uid) : uid}\n`);
    else if (options.has('g')) await process.print(`${named ? names.group(gid) : gid}\n`);
    else if (options.has('G'))
      await process.print(`${list((group) => (named ? names.group(group) : group), ' ')}\n`);
    else
      await process.print(
        `uid=${shown(uid, names.user(uid))} gid=${shown(gid, names.group(gid))} groups=${list((group) => shown(group, names.group(group)), ',')}\n`,
      );
    return 0;
  },
);
