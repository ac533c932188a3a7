/** Users and groups of an image, by its `/etc/passwd` and `/etc/group`. */
import { decode } from '../../core/bytes.ts';
import type { FileSystem } from '../../os/file-system.ts';

export interface Account {
  uid: number;
  gid: number;
}

/** `passwd` entry of a name or number; a number without an entry is itself, with group 0. */
export function accountOf(name: string, files: FileSystem): Account | undefined {
  if (name === '') return undefined;
  for (const line of lines(files, '/etc/passwd')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name || uid === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return /^\d+$/.test(name) ? { uid: Number(name), gid: 0 } : undefined;
}

export function groupIdOf(name: string | undefined, files: FileSystem): number | undefined {
  if (!name) return undefined;
  for (const line of lines(files, '/etc/group')) {
    const [group, , gid] = line.split(':');
    if (group === name || gid === name) return Number(gid);
  }
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** Groups that `/etc/group` names the user of a uid as a member of. */
export function membershipsOf(uid: number, files: FileSystem): number[] {
  let name: string | undefined;
  for (const line of lines(files, '/etc/passwd')) {
    const fields = line.split(':');
    if (fields[2] === String(uid)) name = fields[0];
  }
  if (name === undefined) return [];
  return lines(files, '/etc/group')
    .map((line) => line.split(':'))
    .filter(([, , , members]) => members?.split(',').includes(name))
    .map(([, , gid]) => Number(gid));
}

/** Home directory of a uid; `/` without an entry, as runc has it. */
export function homeOf(uid: number, files: FileSystem): string {
  for (const line of lines(files, '/etc/passwd')) {
    const fields = line.split(':');
    if (fields[2] === String(uid)) return fields[5] || '/';
  }
  return '/';
}

function lines(files: FileSystem, path: string): string[] {
  try {
    return decode(files.readFile(path)).split('\n');
  } catch {
    return [];
  }
}
