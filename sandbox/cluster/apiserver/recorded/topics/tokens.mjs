/** Service account tokens: TokenRequest, what they are bound to, TokenReview, tokens in Secrets. */
import { gone, namespace, post, remove, get } from '../steps.mjs';

const NAMESPACE = 'recorded-tokens';
const root = `/api/v1/namespaces/${NAMESPACE}`;
const token = (spec, more) => post(`${root}/serviceaccounts/builder/token`, { spec }, more);
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const whoami = (name, more) =>
  post(
    `${AUTHENTICATION}/selfsubjectreviews`,
    {},
    { token: `\${${name}}`, keep: ['status.userInfo.username', 'status.userInfo.groups'], ...more },
  );
const review = (spec) =>
  post(
    `${AUTHENTICATION}/tokenreviews`,
    { spec },
    {
      keep: [
        'status.authenticated',
        'status.error',
        'status.audiences',
        'status.user.username',
        'status.user.groups',
      ],
    },
  );
const pod = (name) => ({
  metadata: { name },
  spec: { nodeName: 'none', serviceAccountName: 'builder', containers: [{ name: 'c', image: 'busybox:1' }] },
});

export const conversations = [
  {
    title: 'token requests',
    steps: [
      ...namespace(NAMESPACE),
      post(`${root}/serviceaccounts`, { metadata: { name: 'builder' } }),
      post(`${root}/pods`, pod('p')),
      post(`${root}/secrets`, { metadata: { name: 's' }, data: {} }),
      token({}, { keep: ['spec', 'metadata.name', 'kind'], save: { plain: 'status.token' } }),
      whoami('plain'),
      token({ expirationSeconds: 599 }),
      token({ expirationSeconds: 4294967297 }),
      token(
        { expirationSeconds: 600, audiences: ['a', 'b'] },
        { keep: ['spec'], save: { other: 'status.token' } },
      ),
      whoami('other'),
      review({ token: '${plain}' }),
      review({ token: '${other}' }),
      review({ token: '${other}', audiences: ['b', 'c'] }),
      review({ token: '${plain}', audiences: ['c'] }),
      review({ token: 'nonsense' }),
      review({}),
      token(
        { boundObjectRef: { kind: 'Pod', name: 'p', apiVersion: 'v1' } },
        { keep: ['spec'], save: { ofPod: 'status.token' } },
      ),
      token(
        { boundObjectRef: { kind: 'Secret', name: 's', apiVersion: 'v1' } },
        { keep: ['spec'], save: { ofSecret: 'status.token' } },
      ),
      token({ boundObjectRef: { kind: 'Pod', name: 'q', apiVersion: 'v1' } }),
      token({ boundObjectRef: { kind: 'Secret', name: 'q', apiVersion: 'v1' } }),
      token({ boundObjectRef: { kind: 'Node', name: 'q', apiVersion: 'v1' } }),
      token({ boundObjectRef: { kind: 'ConfigMap', name: 'q', apiVersion: 'v1' } }),
      token({ boundObjectRef: { kind: 'Pod', name: 'p', apiVersion: 'v1', uid: 'other' } }),
      post(`${root}/serviceaccounts/nobody/token`, { spec: {} }),
      post(`${root}/serviceaccounts/default/token`, {
        spec: { boundObjectRef: { kind: 'Pod', name: 'p', apiVersion: 'v1' } },
      }),
      whoami('ofPod', { keep: ['status.userInfo.username'] }),
      whoami('ofSecret', { keep: ['status.userInfo.username'] }),
      review({ token: '${ofPod}' }),
      remove(`${root}/pods/p?gracePeriodSeconds=0`),
      remove(`${root}/secrets/s`),
      // The real server remembers for ten seconds that a token was good.
      whoami('ofPod', { after: 12 }),
      whoami('ofSecret'),
      review({ token: '${ofPod}' }),
      remove(`${root}/serviceaccounts/builder`),
      whoami('plain', { after: 12 }),
      review({ token: '${plain}' }),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'tokens in secrets',
    steps: [
      ...namespace(NAMESPACE),
      post(`${root}/serviceaccounts`, { metadata: { name: 'builder' } }),
      post(
        `${root}/secrets`,
        {
          metadata: { name: 't', annotations: { 'kubernetes.io/service-account.name': 'builder' } },
          type: 'kubernetes.io/service-account-token',
        },
        { keep: ['type'] },
      ),
      get(`${root}/secrets/t`, {
        until: 'data.token',
        keep: ['type', 'data.namespace', 'metadata.annotations'],
      }),
      post(`${root}/secrets`, { metadata: { name: 'u' }, type: 'kubernetes.io/service-account-token' }),
      post(`${root}/secrets`, {
        metadata: { name: 'v', annotations: { 'kubernetes.io/service-account.name': 'nobody' } },
        type: 'kubernetes.io/service-account-token',
      }),
      get(`${root}/secrets/v`, { until: 'code' }),
      remove(`${root}/serviceaccounts/builder`),
      get(`${root}/secrets/t`, { until: 'code' }),
      ...gone(NAMESPACE),
    ],
  },
];
