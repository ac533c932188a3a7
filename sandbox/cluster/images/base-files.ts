/** Directories and accounts that images start from. */
import { encode } from '../../core/bytes.ts';
import type { LayerEntry } from './layer.ts';

export const directory = (path: string, mode = 0o755): LayerEntry => ({ path, kind: 'directory', mode });

export const file = (path: string, contents: string | Uint8Array, mode = 0o644): LayerEntry => ({
  path,
  kind: 'file',
  mode,
  contents: typeof contents === 'string' ? encode(contents) : contents,
});

export const symlink = (target: string, path: string): LayerEntry => ({ path, kind: 'symlink', target });

/** The tree of a small Linux: empty directories with their modes. */
export const skeleton = (): LayerEntry[] =>
  [
    '/bin',
    '/dev',
    '/etc',
    '/home',
    '/proc',
    '/root',
    '/sys',
    '/tmp',
    '/usr',
    '/usr/bin',
    '/usr/sbin',
    '/var',
    '/var/spool',
    '/var/www',
  ].map((path) => directory(path, path === '/tmp' ? 0o1777 : path === '/root' ? 0o700 : 0o755));

/** busybox' own accounts. */
export const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;

export const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
utmp:x:43:
audio:x:29:
video:x:44:
www-data:x:33:
staff:x:50:
users:x:100:
nobody:x:65534:
`;

/** Modification time of what images hold: they are built once and are the same for everybody. */
export const BUILT_MS = Date.UTC(2026, 0, 1);
