/** `jaegertracing/jaeger`: one binary that takes traces, keeps them in memory and shows them. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, directory, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const image = (version: string) =>
  new Image(
    {
      Entrypoint: ['/cmd/jaeger/jaeger-linux'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ExposedPorts: { '4318/tcp': {}, '16686/tcp': {} },
      User: '10001',
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          ...['/cmd', '/cmd/jaeger'].map((path) => directory(path)),
          file('/cmd/jaeger/jaeger-linux', executable('jaeger'), 0o755),
        ],
        `COPY jaeger-linux ${version}`,
        BUILT_MS,
      ),
    ],
  );

export const tags = {
  '2.17.0': () => image('2.17.0'),
  '2.17': '2.17.0',
  '2': '2.17.0',
  latest: '2.17.0',
} as const;
