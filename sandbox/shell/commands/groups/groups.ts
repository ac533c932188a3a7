/** GNU `groups` of the current user. */
import { defineCommand } from '../command.ts';
import { Names } from '../file-mode.ts';

export const program = defineCommand(
  { short: '', usage: 'groups [OPTION]...\nPrint group memberships.' },
  async (process) => {
    const names = new Names(process);
    const { gid, groups = [] } = process.user;
    const all = groups.includes(gid) ? groups : [gid, ...groups];
    await process.print(`${all.map((group) => names.group(group)).join(' ')}\n`);
  },
);
