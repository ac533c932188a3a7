/** `hey`: the load generator as an image, e.g. `kubectl run load --image hey -- -z 30s http://web`. */
import { busyboxLayer } from '../busybox/busybox.ts';
import { BUILT_MS, file } from '../base-files.ts';
import { executable } from '../executable.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';

const image = () =>
  new Image({ Entrypoint: ['/bin/hey'], Env: ['PATH=/bin'] }, [
    busyboxLayer('1.37.0'),
    new Layer([file('/bin/hey', executable('hey'), 0o755)], 'COPY hey /bin', BUILT_MS),
  ]);

export const tags = { '0.1.4': image, latest: '0.1.4' } as const;
