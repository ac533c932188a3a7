/** `nicolaka/netshoot`: tools for the network, of those that the terminal has: `curl`, `dig`, `tc`, and busybox'. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const image = () =>
  new Image(
    {
      Cmd: ['sh'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      WorkingDir: '/root',
    },
    [
      busyboxLayer('1.37.0'),
      new Layer(
        [
          file('/usr/bin/curl', executable('curl'), 0o755),
          file('/usr/bin/dig', executable('dig'), 0o755),
          file('/usr/sbin/tc', executable('tc'), 0o755),
        ],
        'RUN install curl bind-tools iproute2',
        BUILT_MS,
      ),
    ],
  );

export const tags = { 'v0.14': image, latest: 'v0.14' } as const;
