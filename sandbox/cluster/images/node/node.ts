/** `node`: JavaScript services of the learner (see `shell/script/`), and busybox around them as alpine has it. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, directory, file, GROUP, PASSWD } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const image = (version: string) =>
  new Image(
    {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['node'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NODE_VERSION=${version}`],
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          directory('/usr/local'),
          directory('/usr/local/bin'),
          file('/usr/local/bin/node', executable('node'), 0o755),
          // What begins with a flag, or names no command, is for node.
          file(
            '/usr/local/bin/docker-entrypoint.sh',
            '#!/bin/sh\nset -e\nif [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then\n  set -- node "$@"\nfi\nexec "$@"\n',
            0o755,
          ),
          { ...directory('/home/node'), uid: 1000, gid: 1000 },
          file('/etc/passwd', `${PASSWD}node:x:1000:1000::/home/node:/bin/sh\n`),
          file('/etc/group', `${GROUP}node:x:1000:\n`),
        ],
        `RUN install node ${version}`,
        BUILT_MS,
      ),
    ],
  );

export const tags = {
  '24.11.1': () => image('24.11.1'),
  '24-alpine': '24.11.1',
  '24': '24.11.1',
  '24-slim': '24.11.1',
  alpine: '24.11.1',
  'lts-alpine': '24.11.1',
  lts: '24.11.1',
  latest: '24.11.1',
} as const;
