/** Who may do what to a file: the permission bits against a process' user. Root may do everything. */
import type { FileStat } from './file-system.ts';

export interface Credentials {
  uid: number;
  gid: number;
  /** Supplementary groups, the primary one among them or not. */
  groups?: readonly number[];
}

/** Whether `user` is in the group `gid`. */
const isMember = (user: Credentials, gid: number): boolean =>
  user.gid === gid || (user.groups?.includes(gid) ?? false);

/** Whether `user` has all of `wanted` (4 read, 2 write, 1 execute or search) on a file. */
export function mayAccess(user: Credentials, stat: FileStat, wanted: number): boolean {
  // Root needs an execute bit somewhere to execute a file, and nothing to do anything else.
  if (user.uid === 0) return !(wanted & 1) || stat.kind === 'directory' || (stat.mode & 0o111) !== 0;
  const shift = user.uid === stat.uid ? 6 : isMember(user, stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & wanted) === wanted;
}

/** The set-group-ID bit of a directory: what is made in it belongs to its group. */
export const SET_GROUP_ID = 0o2000;

/** The group of what `user` makes in the directory `parent`. */
export const groupOfNew = (parent: FileStat, user: Credentials): number =>
  (parent.mode & SET_GROUP_ID) === 0 ? user.gid : parent.gid;
