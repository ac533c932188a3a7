/** `busybox`: a shell and small tools; what lessons run when a container need not be anything in particular. */
import { GROUP, PASSWD, BUILT_MS, file, skeleton } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer, type LayerEntry } from '../layer.ts';
import { appletNames } from './applets.ts';

/** A root file system with busybox and a link for each applet. */
export function busyboxLayer(version: string): Layer {
  const entries: LayerEntry[] = [
    ...skeleton(),
    file('/bin/busybox', executable('busybox'), 0o755),
    ...appletNames().map((name): LayerEntry => ({
      path: `/bin/${name}`,
      kind: 'hardlink',
      target: '/bin/busybox',
    })),
    { path: '/usr/bin/env', kind: 'hardlink', target: '/bin/busybox' },
    file('/etc/passwd', PASSWD),
    file('/etc/group', GROUP),
    file('/etc/shadow', 'root:*:10933:0:99999:7:::\n', 0o640),
    file('/etc/nsswitch.conf', 'hosts: files dns\n'),
    file('/etc/busybox-release', `${version}\n`),
  ];
  return new Layer(entries, `ADD busybox-${version}.tar.gz /`, BUILT_MS);
}

const image = (version: string) => new Image({ Cmd: ['sh'] }, [busyboxLayer(version)]);

export const tags = {
  '1.36': () => image('1.36.1'),
  '1.37': () => image('1.37.0'),
  '1': '1.37',
  latest: '1.37',
  musl: '1.37',
  stable: '1.37',
} as const;
