/** `registry`: a registry of one's own (`distribution/`), which keeps what it is given in a volume. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, directory, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const CONFIGURATION = `version: 0.1
log:
  fields:
    service: registry
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
`;

const image = (version: string, configuration: string) =>
  new Image(
    {
      Entrypoint: ['/entrypoint.sh'],
      Cmd: [configuration],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ExposedPorts: { '5000/tcp': {} },
      Volumes: { '/var/lib/registry': {} },
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          ...[parentOfConfiguration(configuration), '/var/lib', '/var/lib/registry'].map((path) =>
            directory(path),
          ),
          file('/bin/registry', executable('registry'), 0o755),
          file('/entrypoint.sh', '#!/bin/sh\nset -e\nexec registry serve "$1"\n', 0o755),
          file(configuration, CONFIGURATION),
        ],
        `RUN install registry ${version}`,
        BUILT_MS,
      ),
    ],
  );

const parentOfConfiguration = (path: string) => path.slice(0, path.lastIndexOf('/'));

export const tags = {
  '2.8.3': () => image('2.8.3', '/etc/docker/registry/config.yml'),
  '3.0.0': () => image('3.0.0', '/etc/distribution/config.yml'),
  '2': '2.8.3',
  '3': '3.0.0',
  latest: '3.0.0',
} as const;
