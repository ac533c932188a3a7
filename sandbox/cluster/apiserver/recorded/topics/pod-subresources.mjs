/** Ephemeral containers, resize, eviction, binding, and what else is done to pods and namespaces. */
import { gone, namespace, patch, post, put, remove, get, STRATEGIC } from '../steps.mjs';

const NAMESPACE = 'recorded-subresources';
const root = `/api/v1/namespaces/${NAMESPACE}`;
const RESOURCES = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } };
const pod = (name, spec, metadata) => ({
  metadata: { name, ...metadata },
  spec: { nodeName: 'none', containers: [{ name: 'c', image: 'busybox:1', resources: RESOURCES }], ...spec },
});
const debug = (container, name = 'p') =>
  patch(
    `${root}/pods/${name}/ephemeralcontainers`,
    { spec: { ephemeralContainers: [container] } },
    { type: STRATEGIC, keep: ['spec.ephemeralContainers', 'metadata.generation'] },
  );
const resize = (containers, name = 'p', more = {}) =>
  patch(
    `${root}/pods/${name}/resize`,
    { spec: { containers } },
    {
      type: STRATEGIC,
      keep: ['spec.containers.0.resources', 'metadata.generation', 'status.qosClass'],
      ...more,
    },
  );
const budget = (name, spec, labels = { app: 'a' }) => ({
  metadata: { name },
  spec: { selector: { matchLabels: labels }, ...spec },
});
const evict = (name, body = {}) =>
  post(
    `${root}/pods/${name}/eviction`,
    { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE }, ...body },
    { keep: ['kind', 'status', 'code'] },
  );

export const conversations = [
  {
    title: 'ephemeral containers',
    steps: [
      ...namespace(NAMESPACE),
      post(`${root}/pods`, pod('p')),
      debug({ name: 'debug', image: 'busybox:1', targetContainerName: 'c', stdin: true, tty: true }),
      debug({ name: 'debug', image: 'busybox:2' }),
      debug({ name: 'c', image: 'busybox:1' }),
      debug({ name: 'Bad_Name', image: '' }),
      debug({ name: 'x', image: 'busybox:1', targetContainerName: 'nobody' }),
      debug({ name: 'x', image: 'busybox:1', ports: [{ containerPort: 80 }] }),
      debug({ name: 'x', image: 'busybox:1', livenessProbe: { httpGet: { port: 80 } } }),
      debug({
        name: 'x',
        image: 'busybox:1',
        readinessProbe: { httpGet: { port: 80 } },
        startupProbe: { httpGet: { port: 80 } },
        lifecycle: { preStop: { exec: { command: ['x'] } } },
      }),
      debug({ name: 'x', image: 'busybox:1', resources: { limits: { cpu: '1' } } }),
      debug({ name: 'x', image: 'busybox:1', volumeMounts: [{ name: 'none', mountPath: '/x' }] }),
      debug({ name: 'second', image: 'busybox:1', command: ['sh'] }),
      patch(`${root}/pods/p/ephemeralcontainers`, { spec: { ephemeralContainers: [] } }),
      patch(
        `${root}/pods/p/ephemeralcontainers`,
        { spec: { containers: [{ name: 'c', image: 'busybox:3' }] }, metadata: { labels: { a: 'b' } } },
        { type: STRATEGIC, keep: ['spec.containers.0.image', 'metadata.labels'] },
      ),
      patch(
        `${root}/pods/p`,
        { spec: { ephemeralContainers: [{ name: 'other', image: 'busybox:1' }] } },
        { type: STRATEGIC },
      ),
      post(`${root}/pods`, pod('q', { ephemeralContainers: [{ name: 'e', image: 'busybox:1' }] })),
      get(`${root}/pods/p/ephemeralcontainers`, { keep: ['kind'] }),
      patch(`${root}/pods/none/ephemeralcontainers`, { spec: {} }, { type: STRATEGIC }),
      remove(`${root}/pods/p?gracePeriodSeconds=0`),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'resize',
    steps: [
      ...namespace(NAMESPACE),
      post(`${root}/pods`, pod('p')),
      post(
        `${root}/pods`,
        pod('guaranteed', {
          containers: [{ name: 'c', image: 'busybox:1', resources: { limits: { cpu: '1', memory: '1Gi' } } }],
        }),
      ),
      post(`${root}/pods`, pod('best', { containers: [{ name: 'c', image: 'busybox:1' }] })),
      post(
        `${root}/pods`,
        pod('init', {
          initContainers: [
            { name: 'i', image: 'busybox:1', resources: RESOURCES },
            { name: 's', image: 'busybox:1', restartPolicy: 'Always', resources: RESOURCES },
          ],
          containers: [{ name: 'c', image: 'busybox:1', resources: RESOURCES }],
        }),
      ),
      resize([{ name: 'c', resources: { requests: { cpu: '150m' } } }]),
      resize([{ name: 'c', resources: { requests: { memory: '100Mi' }, limits: { memory: '100Mi' } } }]),
      resize([{ name: 'c', resources: { requests: { cpu: '300m' } } }]),
      resize([{ name: 'c', resources: { requests: { cpu: '200m' }, limits: { cpu: '200m' } } }]),
      resize([{ name: 'c', resources: { limits: { cpu: null } } }]),
      resize([{ name: 'c', resources: { limits: { 'ephemeral-storage': '1Gi' } } }]),
      resize([{ name: 'c', image: 'busybox:2' }]),
      resize([{ name: 'd', image: 'busybox:2', resources: RESOURCES }]),
      resize([{ name: 'c', resources: { requests: { cpu: '500m' } } }], 'guaranteed'),
      resize([{ name: 'c', resources: { requests: { cpu: '2' }, limits: { cpu: '2' } } }], 'guaranteed'),
      resize([{ name: 'c', resources: RESOURCES }], 'best'),
      patch(
        `${root}/pods/init/resize`,
        { spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '110m' } } }] } },
        { type: STRATEGIC },
      ),
      patch(
        `${root}/pods/init/resize`,
        { spec: { initContainers: [{ name: 's', resources: { requests: { cpu: '110m' } } }] } },
        { type: STRATEGIC, keep: ['spec.initContainers.1.resources'] },
      ),
      patch(`${root}/pods/p/resize`, { metadata: { labels: { a: 'b' } } }, { keep: ['metadata.labels'] }),
      patch(`${root}/pods/p/resize`, { spec: { activeDeadlineSeconds: 5 } }),
      patch(
        `${root}/pods/p`,
        { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '160m' } } }] } },
        { type: STRATEGIC },
      ),
      get(`${root}/pods/p/resize`, { keep: ['kind'] }),
      ...['p', 'guaranteed', 'best', 'init'].map((name) =>
        remove(`${root}/pods/${name}?gracePeriodSeconds=0`),
      ),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'eviction',
    steps: [
      ...namespace(NAMESPACE),
      ...['a', 'b', 'c'].map((name) => post(`${root}/pods`, pod(name, {}, { labels: { app: 'a', name } }))),
      patch(
        `${root}/pods/a/status`,
        { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        { type: STRATEGIC },
      ),
      patch(
        `${root}/pods/b/status`,
        { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        { type: STRATEGIC },
      ),
      post(
        `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
        budget('two', { minAvailable: 2 }),
      ),
      get(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/two`, {
        until: 'status.observedGeneration',
        keep: [
          'status.disruptionsAllowed',
          'status.currentHealthy',
          'status.desiredHealthy',
          'status.expectedPods',
        ],
      }),
      evict('a', { deleteOptions: { dryRun: ['All'] } }),
      evict('a'),
      evict('c'),
      evict('none'),
      evict('a', { metadata: { name: 'other', namespace: NAMESPACE } }),
      evict('a', { deleteOptions: { preconditions: { uid: 'x' } } }),
      post(
        `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
        budget('one', { maxUnavailable: 1 }),
      ),
      evict('a'),
      remove(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/one`),
      remove(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/two`),
      evict('a'),
      ...['a', 'b', 'c'].map((name) => remove(`${root}/pods/${name}?gracePeriodSeconds=0`)),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'binding, proxies, finalize',
    steps: [
      ...namespace(NAMESPACE),
      post(`${root}/services`, {
        metadata: { name: 's' },
        spec: { selector: { app: 'none' }, ports: [{ port: 80, name: 'http' }] },
      }),
      post(`${root}/pods`, pod('p', { nodeName: undefined, schedulerName: 'nobody' })),
      post(`${root}/pods/p/binding`, { metadata: { name: 'p' }, target: {} }),
      post(`${root}/pods/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Robot', name: 'n' } }),
      post(`${root}/pods/p/binding`, { metadata: { name: 'q' }, target: { kind: 'Node', name: 'n' } }),
      post(`${root}/pods/none/binding`, { metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } }),
      post(
        `${root}/bindings`,
        { metadata: { name: 'p' }, target: { kind: 'Node', name: 'recorded-none' } },
        { keep: ['status', 'code'] },
      ),
      post(`${root}/pods/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'm' } }),
      get(`${root}/pods/p`, { keep: ['spec.nodeName', 'metadata.generation', 'status.conditions.0.type'] }),
      get(`${root}/services/s/proxy/`),
      get(`${root}/services/s:nope/proxy/`),
      get(`${root}/services/none/proxy/`),
      get(`${root}/pods/none/proxy/`),
      get(`${root}/pods/p/proxy/`),
      get('/api/v1/nodes/none/proxy/'),
      get(`${root}/pods/p/log`),
      put(
        `/api/v1/namespaces/${NAMESPACE}/finalize`,
        { metadata: { name: NAMESPACE }, spec: { finalizers: ['kubernetes', 'example.com/more'] } },
        { keep: ['spec'] },
      ),
      put(`/api/v1/namespaces/${NAMESPACE}/finalize`, {
        metadata: { name: NAMESPACE },
        spec: { finalizers: ['wrong'] },
      }),
      put(
        `/api/v1/namespaces/${NAMESPACE}/finalize`,
        { metadata: { name: NAMESPACE }, spec: { finalizers: ['kubernetes'] } },
        { keep: ['spec'] },
      ),
      get('/api/v1/componentstatuses', { keep: ['kind'] }),
      get(`${root}/endpoints`, { keep: ['kind'] }),
      post(`${root}/services`, {
        metadata: { name: 't' },
        spec: { externalIPs: ['1.2.3.4'], ports: [{ port: 80 }], loadBalancerIP: '1.2.3.4' },
      }),
      remove(`${root}/pods/p?gracePeriodSeconds=0`),
      ...gone(NAMESPACE),
    ],
  },
];
