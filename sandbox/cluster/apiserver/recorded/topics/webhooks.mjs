/** Webhooks that cannot be reached, and configurations that are refused. */
import { gone, namespace, post, remove } from '../steps.mjs';

const NAMESPACE = 'recorded-webhooks';
const API = '/apis/admissionregistration.k8s.io/v1';
const maps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const webhook = (more) => ({
  name: 'check.slipway.test',
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
  rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
  clientConfig: { service: { namespace: NAMESPACE, name: 'hook', path: '/check' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});
const configuration = (name, ...webhooks) =>
  post(`${API}/validatingwebhookconfigurations`, { metadata: { name }, webhooks });
const created = (more) => post(`${maps}?dryRun=All`, { metadata: { name: 'm' } }, more);

export const conversations = [
  {
    title: 'nobody there',
    steps: [
      ...namespace(NAMESPACE),
      configuration('recorded-none', webhook()),
      created({ after: 5 }),
      post(`/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`, { metadata: { name: 's' } }),
      remove(`${API}/validatingwebhookconfigurations/recorded-none`),
      configuration('recorded-ignored', webhook({ failurePolicy: 'Ignore' })),
      created({ after: 5 }),
      remove(`${API}/validatingwebhookconfigurations/recorded-ignored`),
      configuration(
        'recorded-conditions',
        webhook({ matchConditions: [{ name: 'named', expression: "object.metadata.name == 'other'" }] }),
      ),
      created({ after: 5 }),
      post(`${maps}?dryRun=All`, { metadata: { name: 'other' } }),
      remove(`${API}/validatingwebhookconfigurations/recorded-conditions`),
      configuration(
        'recorded-url',
        webhook({
          clientConfig: { url: `https://none.${NAMESPACE}.svc/x` },
          timeoutSeconds: 3,
          failurePolicy: 'Ignore',
        }),
      ),
      created({ after: 5 }),
      remove(`${API}/validatingwebhookconfigurations/recorded-url`),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'refused configurations',
    steps: [
      webhook({ name: 'short' }),
      webhook({ sideEffects: undefined }),
      webhook({ sideEffects: 'Some' }),
      webhook({ timeoutSeconds: 31 }),
      webhook({ failurePolicy: 'Maybe' }),
      webhook({ rules: [{ operations: ['GET'], apiGroups: [''], apiVersions: ['v1'], resources: [] }] }),
      webhook({ clientConfig: {} }),
      webhook({ matchConditions: [{ name: 'x', expression: '' }] }),
    ].map((each, index) =>
      post(`${API}/validatingwebhookconfigurations?dryRun=All`, {
        metadata: { name: `recorded-refused-${index}` },
        webhooks: [each],
      }),
    ),
  },
];
