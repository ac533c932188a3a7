/**
 * `function`: runs an event handler in JavaScript (see `runtime.ts`). The handler comes from a volume at `/function`, or
 * from an image built on this one: `FROM function:1` and `COPY index.js /function/`. Around it, `node` and busybox.
 */
import { BUILT_MS, directory, file } from '../base-files.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';
import { tags as node } from '../node/node.ts';
import { CLOUDEVENTS_MODULE } from './cloudevents-module.ts';
import { RUNTIME } from './runtime.ts';

const RUNTIME_PATH = '/usr/local/lib/function-runtime';

const image = () => {
  const base = node['24.11.1']();
  return new Image(
    {
      ...base.config,
      Entrypoint: ['node', `${RUNTIME_PATH}/server.js`],
      Cmd: ['/function'],
      WorkingDir: '/function',
      ExposedPorts: { '8080/tcp': {} },
    },
    [
      ...base.layers,
      new Layer(
        [
          directory('/usr/local/lib'),
          directory(RUNTIME_PATH),
          file(`${RUNTIME_PATH}/server.js`, RUNTIME),
          directory('/node_modules'),
          directory('/node_modules/cloudevents'),
          file(
            '/node_modules/cloudevents/package.json',
            `${JSON.stringify({ name: 'cloudevents', version: '10.0.0', main: 'index.js' }, null, 2)}\n`,
          ),
          file('/node_modules/cloudevents/index.js', CLOUDEVENTS_MODULE),
          directory('/function'),
        ],
        'COPY function-runtime /',
        BUILT_MS,
      ),
    ],
  );
};

export const tags = { '1.0.0': image, '1': '1.0.0', latest: '1.0.0' } as const;
