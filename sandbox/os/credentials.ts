/** Who may do what to a file: the permission bits against a process' user. Root may do everything. */
import type { FileStat } from './file-system.ts';

export interface Credentials {
  uid: number;
  gid: number;
}

/** Whether `user` has all of `wanted` (4 read, 2 write, 1 execute or search) on a file. */
export function mayAccess(user: Credentials, stat: FileStat, wanted: number): boolean {
  // Root needs an execute bit somewhere to execute a file, and nothing to do anything else.
  if (user.uid === 0) return !(wanted & 1) || stat.kind === 'directory' || (stat.mode & 0o111) !== 0;
  const shift = user.uid === stat.uid ? 6 : user.gid === stat.gid ? 3 : 0;
  return ((stat.mode >> shift) & wanted) === wanted;
}
