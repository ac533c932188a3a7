/** Images of the course's services: busybox for looking around, and one binary. */
import { busyboxLayer } from './busybox/busybox.ts';
import { BUILT_MS, directory, file } from './base-files.ts';
import { executable } from './executable.ts';
import { Image } from './image.ts';
import { Layer } from './layer.ts';

/**
 * @param version part of the image, so that versions have digests of their own.
 * @param tools other programs that a learner uses in it.
 */
export function courseImage(name: string, version: string, port: number, tools: string[] = []): Image {
  return new Image(
    {
      Cmd: [name],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `IMAGE_VERSION=${version}`],
      ExposedPorts: { [`${port}/tcp`]: {} },
      WorkingDir: '/app',
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          directory('/app'),
          directory('/usr/local'),
          directory('/usr/local/bin'),
          file('/app/VERSION', `${version}\n`),
          ...[name, ...tools].map((program) => file(`/usr/local/bin/${program}`, executable(program), 0o755)),
        ],
        `COPY ${name}-${version} /`,
        BUILT_MS,
      ),
    ],
  );
}
