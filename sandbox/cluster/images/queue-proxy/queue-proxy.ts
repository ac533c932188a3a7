/** Knative's `queue-proxy` as an image: one binary, run as nobody. */
import { BUILT_MS, directory, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const image = () =>
  new Image({ Entrypoint: ['/ko-app/queue'], Env: ['PATH=/usr/bin:/bin:/ko-app'], User: '65532' }, [
    new Layer(
      [directory('/ko-app'), file('/ko-app/queue', executable('queue-proxy'), 0o755)],
      'ko build ko://knative.dev/serving/cmd/queue',
      BUILT_MS,
    ),
  ]);

export const tags = { 'v1.22.1': image } as const;
