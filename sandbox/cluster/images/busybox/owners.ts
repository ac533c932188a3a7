/** busybox `chown`, `chgrp` and `groups`: names from the container's own /etc/passwd and /etc/group. */
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { Names } from '../../../shell/commands/file-mode.ts';
import { usageOf } from './synopsis.ts';

export const groups: Program = async (process) => {
  await process.print(`${new Names(process).group(process.user.gid)}\n`);
  return 0;
};

export const chown: Program = (process) => change(process, 'chown');
export const chgrp: Program = (process) => change(process, 'chgrp');

async function change(process: Process, name: 'chown' | 'chgrp'): Promise<number> {
  const words = process.argv.slice(1);
  const recursive = words.some((word) => /^-\w*R/.test(word));
  const [owner, ...paths] = words.filter((word) => !word.startsWith('-'));
  if (owner === undefined || paths.length === 0) {
    await process.printError(usageOf(name)!);
    return 1;
  }
  const names = new Names(process);
  const [user = '', group = ''] = name === 'chgrp' ? ['', owner] : owner.split(/[:.]/);
  const uid = user === '' ? undefined : names.userId(user);
  const gid = group === '' ? undefined : names.groupId(group);
  if (user !== '' && uid === undefined) {
    await process.printError(`${name}: unknown user ${user}\n`);
    return 1;
  }
  if (group !== '' && gid === undefined) {
    await process.printError(`${name}: unknown group ${group}\n`);
    return 1;
  }
  const files = process.fileSystem;
  let exitCode = 0;
  const visit = async (path: string): Promise<void> => {
    await process.tick();
    const place = process.resolve(path);
    try {
      const stat = files.stat(place);
      files.chown(place, uid ?? stat.uid, gid ?? stat.gid);
      if (!recursive || files.lstat(place).kind !== 'directory') return;
      for (const each of files.readDirectory(place)) await visit(`${path.replace(/\/$/, '')}/${each}`);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      exitCode = 1;
      await process.printError(`${name}: ${path}: ${error.message}\n`);
    }
  };
  for (const path of paths) await visit(path);
  return exitCode;
}
