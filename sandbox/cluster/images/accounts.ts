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
  for (const [user, , uid, gid] of entries(files, '/etc/passwd'))
    if (user === name || uid === name) return { uid: Number(uid), gid: Number(gid) };
  return /^\d+$/.test(name) ? { uid: Number(name), gid: 0 } : undefined;
}

export function groupIdOf(name: string | undefined, files: FileSystem): number | undefined {
  if (!name) return undefined;
  for (const [group, , gid] of entries(files, '/etc/group'))
    if (group === name || gid === name) return Number(gid);
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** Groups that `/etc/group` names the user of a uid as a member of. */
export function membershipsOf(uid: number, files: FileSystem): number[] {
  let name: string | undefined;
  for (const fields of entries(files, '/etc/passwd')) if (fields[2] === String(uid)) name = fields[0];
  if (name === undefined) return [];
  return entries(files, '/etc/group')
    .filter(([, , , members]) => members?.split(',').includes(name))
    .map(([, , gid]) => Number(gid));
}

/** Home directory of a uid; `/` without an entry, as runc has it. */
export function homeOf(uid: number, files: FileSystem): string {
  for (const fields of entries(files, '/etc/passwd')) if (fields[2] === String(uid)) return fields[5] || '/';
  return '/';
}

/** Fields of each line, by a file's contents: those of an image are the same in all of its containers. */
const known = new WeakMap<Uint8Array, readonly string[][]>();

function entries(files: FileSystem, path: string): readonly string[][] {
  try {
    const contents = files.readFile(path);
    let lines = known.get(contents);
    if (!lines) {
      lines = decode(contents)
        .split('\n')
        .map((line) => line.split(':'));
      known.set(contents, lines);
    }
    return lines;
  } catch {
    return [];
  }
}
