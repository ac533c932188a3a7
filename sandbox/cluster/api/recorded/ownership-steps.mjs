/** Writes by several managers, one after the other, to objects that no controller touches. */
const container = (more) => ({ name: 'c', ...more });
const template = (containers, metadata) => ({
  apiVersion: 'v1',
  kind: 'PodTemplate',
  metadata: { name: 't', ...metadata },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
});
const configMap = (metadata, more) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', ...metadata },
  ...more,
});
const service = (spec) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec });
const full = {
  image: 'nginx',
  env: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ],
  ports: [{ containerPort: 80 }],
  args: ['x'],
};
const { env: _env, ...withoutEnv } = full;

const apply = (manager, body, force) => ({ verb: 'apply', manager, body, force });
const patch = (type) => (manager, body) => ({ verb: type, manager, body });
const merge = patch('merge');
const strategic = patch('strategic');
const json = patch('json');

export const sequences = [
  {
    title: 'a template that two appliers share',
    steps: [
      apply('a', template([container(full)], { labels: { x: '1' } })),
      apply('b', template([container({ image: 'other' })])),
      apply('b', template([container({ image: 'nginx' })], { labels: { y: '2' } })),
      apply('a', template([container(withoutEnv)], { labels: { x: '1' } })),
      apply('a', template([container({})], { labels: {} })),
      merge('u', { template: { spec: { containers: [container({ image: 'nginx:2' })] } } }),
      apply('a', template([container({ image: 'nginx:3' }), container({ name: 'd', image: 'd' })])),
      apply('a', template([container({ image: 'nginx:3' }), container({ name: 'd', image: 'd' })]), true),
      apply('a', template([container({ image: 'nginx:3' }), container({ name: 'd', image: 'd' })])),
      apply('b', template([])),
      apply('a', template([container({ image: 'nginx:3' })])),
      strategic('s', {
        template: { spec: { containers: [{ name: 'c', env: [{ name: 'Z', value: 'z' }] }] } },
      }),
      json('j', [{ op: 'remove', path: '/template/metadata/labels' }]),
      merge('u', {
        metadata: { annotations: { note: 'hello' } },
        template: { spec: { nodeSelector: { a: 'b' } } },
      }),
      merge('v', { template: { spec: { nodeSelector: { a: 'c' }, terminationGracePeriodSeconds: 5 } } }),
    ],
  },
  {
    title: 'created by an update',
    steps: [
      {
        verb: 'create',
        manager: 'creator',
        body: template([container(full)], { labels: { x: '1' }, annotations: { note: 'a' } }),
      },
      apply('a', template([container({ image: 'other' })])),
      apply('a', template([container({ image: 'nginx' })])),
      merge('creator', { metadata: { labels: { x: '2' } } }),
      merge('creator', { metadata: { labels: { x: '2' } } }),
      merge('creator', { metadata: { labels: null } }),
    ],
  },
  {
    title: 'maps, sets and owners',
    steps: [
      {
        verb: 'create',
        manager: 'creator',
        body: configMap({ finalizers: ['example.com/one'] }, { data: { a: '1', b: '2' } }),
      },
      apply('a', configMap({ finalizers: ['example.com/two'] }, { data: { a: '1', c: '3' } })),
      apply('b', configMap({}, { data: { a: '9', b: '9', c: '9' } })),
      apply('b', configMap({}, { data: { a: '9', b: '9', c: '9' } }), true),
      apply('a', configMap({}, {})),
      apply('b', configMap({}, {})),
      merge('u', { data: { x: 'y' } }),
      json('u', [
        { op: 'add', path: '/metadata/finalizers', value: ['example.com/one', 'example.com/three'] },
      ]),
      merge('u', { metadata: { finalizers: null } }),
    ],
  },
  {
    title: 'ports with two keys, atomic selector',
    steps: [
      apply(
        'a',
        service({
          selector: { a: 'b' },
          ports: [
            { port: 80, name: 'http' },
            { port: 443, name: 'https', protocol: 'TCP' },
          ],
        }),
      ),
      apply('b', service({ selector: { a: 'c' }, ports: [{ port: 80, name: 'web' }] })),
      apply('a', service({ selector: { a: 'b', c: 'd' }, ports: [{ port: 443, name: 'https' }] })),
      strategic('u', { spec: { ports: [{ port: 443, targetPort: 8443 }] } }),
    ],
  },
];
