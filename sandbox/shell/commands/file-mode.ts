/** Permissions, owners, sizes and times as `ls -l` and `stat` write them. */
import type { FileStat } from '../../os/file-system.ts';
import type { Process } from '../../os/process.ts';

const KINDS: Record<FileStat['kind'], string> = { file: '-', directory: 'd', symlink: 'l', device: 'c' };

/** `drwxr-xr-x`. */
export function modeText({ kind, mode }: Pick<FileStat, 'kind' | 'mode'>): string {
  let text = KINDS[kind];
  for (const [shift, special, letter] of [
    [6, 0o4000, 's'],
    [3, 0o2000, 's'],
    [0, 0o1000, 't'],
  ] as const) {
    const bits = mode >> shift;
    text += bits & 4 ? 'r' : '-';
    text += bits & 2 ? 'w' : '-';
    const execute = bits & 1;
    text += mode & special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
  }
  return text;
}

/** Names of ids from /etc/passwd or /etc/group; the number where there is none. */
export class Names {
  readonly #users: Map<number, string>;
  readonly #groups: Map<number, string>;

  constructor(process: Process) {
    this.#users = read(process, '/etc/passwd');
    this.#groups = read(process, '/etc/group');
    if (!this.#users.has(0)) this.#users.set(0, 'root');
    if (!this.#groups.has(0)) this.#groups.set(0, 'root');
  }

  user(uid: number): string {
    return this.#users.get(uid) ?? String(uid);
  }

  group(gid: number): string {
    return this.#groups.get(gid) ?? String(gid);
  }

  /** The id that a name or a number stands for. */
  userId(name: string): number | undefined {
    return find(this.#users, name);
  }

  groupId(name: string): number | undefined {
    return find(this.#groups, name);
  }
}

function read(process: Process, path: string): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const line of process.readTextFile(path).split('\n')) {
      const [name, , id] = line.split(':');
      if (name && id) names.set(Number(id), name);
    }
  } catch {
    // No such file: numbers it is.
  }
  return names;
}

function find(names: Map<number, string>, name: string): number | undefined {
  for (const [id, each] of names) if (each === name) return id;
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** `1.5K`, `12M`: rounded up, as GNU does. */
export function humanSize(bytes: number, base = 1024): string {
  if (bytes < base) return String(bytes);
  const units = base === 1024 ? 'KMGTPE' : 'kMGTPE';
  let value = bytes;
  let unit = -1;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  const tenths = Math.ceil(value * 10) / 10;
  if (tenths < 10) return `${tenths.toFixed(1)}${units[unit]}`;
  const whole = Math.ceil(value);
  return whole >= base && unit < units.length - 1 ? `1.0${units[unit + 1]}` : `${whole}${units[unit]}`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const HALF_YEAR_MS = (31_556_952 / 2) * 1000;

/** `Jan  2 15:04`, or with the year when it is more than half a year away. */
export function listTime(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const day = `${MONTHS[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2)}`;
  if (timeMs > nowMs || nowMs - timeMs > HALF_YEAR_MS)
    return `${day} ${String(time.getUTCFullYear()).padStart(5)}`;
  return `${day} ${time.toISOString().slice(11, 16)}`;
}
