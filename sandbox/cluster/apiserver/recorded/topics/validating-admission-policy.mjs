/** ValidatingAdmissionPolicy: CEL over what is written, with parameters, messages and actions. */
import { gone, namespace, patch, post, remove } from '../steps.mjs';

const NAMESPACE = 'recorded-admission';
const API = '/apis/admissionregistration.k8s.io/v1';
const maps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
const HERE = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } } };
const CONFIG_MAPS = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
];

const policy = (name, spec) =>
  post(`${API}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: CONFIG_MAPS }, ...spec },
  });
const binding = (name, policyName, spec) =>
  post(`${API}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName, validationActions: ['Deny'], matchResources: HERE, ...spec },
  });
const dropped = (...names) =>
  names.flatMap((name) => [
    remove(`${API}/validatingadmissionpolicybindings/${name}`),
    remove(`${API}/validatingadmissionpolicies/${name}`),
  ]);
const map = (name, data, metadata) => ({ metadata: { name, ...metadata }, data });
const created = (name, data, metadata, more) => post(`${maps}?dryRun=All`, map(name, data, metadata), more);
/** The real server takes a while to hear of policies. */
const LATER = { after: 8 };

/** A conversation about policies, each with a binding of its name. */
const about = (title, policies, steps) => ({
  title,
  steps: [
    ...namespace(NAMESPACE),
    ...policies.flatMap(({ name, spec, bound }) => [policy(name, spec), binding(name, name, bound)]),
    ...steps.map((step, index) => (index === 0 ? { ...step, ...LATER } : step)),
    ...dropped(...policies.map(({ name }) => name)),
    ...gone(NAMESPACE),
  ],
});

export const conversations = [
  about(
    'messages and reasons',
    [
      {
        name: 'recorded-a',
        spec: {
          variables: [
            { name: 'count', expression: 'size(object.?data.orValue({}))' },
            { name: 'twice', expression: 'variables.count * 2' },
          ],
          validations: [
            { expression: "!has(object.data) || !('plain' in object.data)" },
            { expression: "!has(object.data) || !('message' in object.data)", message: 'no message, please' },
            {
              expression: 'variables.twice <= 4',
              messageExpression:
                "'too many: ' + string(variables.count) + ' in ' + namespaceObject.metadata.name",
              reason: 'Forbidden',
            },
            {
              expression: "request.userInfo.username != 'jane' || request.operation != 'CREATE'",
              messageExpression:
                "'not for ' + request.userInfo.username + ' as ' + request.resource.resource + request.kind.kind",
              reason: 'Invalid',
            },
            {
              expression: "!has(object.data) || !('big' in object.data)",
              message: 'too big',
              reason: 'RequestEntityTooLarge',
            },
          ],
        },
      },
    ],
    [
      created('fine', { a: 'b' }),
      created('plain', { plain: 'x' }),
      created('message', { message: 'x' }),
      created('both', { plain: 'x', message: 'x' }),
      created('many', { a: '', b: '', c: '' }),
      created('big', { big: 'x' }),
      created('jane', { a: 'b' }, undefined, { as: { user: 'jane', groups: ['system:masters'] } }),
      post(maps, map('kept', { a: 'b' })),
      patch(`${maps}/kept`, { data: { plain: 'y' } }),
      patch(`${maps}/kept`, { data: { message: 'y' } }),
      patch(`${maps}/kept`, { metadata: { labels: { a: 'b' } } }),
    ],
  ),
  about(
    'warn and audit',
    [
      {
        name: 'recorded-b',
        spec: {
          validations: [
            { expression: "object.metadata.name.startsWith('a')" },
            { expression: 'size(object.metadata.name) > 3', message: 'short' },
          ],
          auditAnnotations: [{ key: 'name', valueExpression: "'was ' + object.metadata.name" }],
        },
        bound: { validationActions: ['Warn', 'Audit'] },
      },
    ],
    [created('abcd'), created('bcde'), created('b')],
  ),
  about(
    'failures of expressions',
    [
      {
        name: 'recorded-c',
        spec: { validations: [{ expression: 'object.data.missing == "x"', message: 'not x' }] },
      },
      {
        name: 'recorded-d',
        spec: {
          failurePolicy: 'Ignore',
          validations: [{ expression: 'object.data.other == "x"', message: 'not x' }],
        },
      },
      {
        name: 'recorded-e',
        spec: {
          matchConditions: [
            { name: 'named-e', expression: "object.metadata.name.startsWith('e')" },
            { name: 'asks', expression: "object.metadata.labels['e'] == 'yes'" },
          ],
          validations: [{ expression: 'false', messageExpression: "''", message: 'never' }],
        },
      },
    ],
    [
      created('x', { missing: 'x', other: 'x' }),
      created('x', { missing: 'y', other: 'x' }),
      created('x', { other: 'x' }),
      created('x', { missing: 'x' }),
      created('e', { missing: 'x', other: 'x' }, { labels: { e: 'yes' } }),
      created('e', { missing: 'x', other: 'x' }, { labels: { e: 'no' } }),
      created('e', { missing: 'x', other: 'x' }),
    ],
  ),
  about(
    'old objects, deletion, selectors, authorizer',
    [
      {
        name: 'recorded-f',
        spec: {
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: [''],
                apiVersions: ['*'],
                operations: ['*'],
                resources: ['configmaps', 'secrets'],
              },
            ],
            excludeResourceRules: [
              {
                apiGroups: [''],
                apiVersions: ['*'],
                operations: ['*'],
                resources: ['configmaps'],
                resourceNames: ['free'],
              },
            ],
            objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] },
          },
          validations: [
            {
              expression: "request.operation != 'DELETE' || oldObject.data.?keep.orValue('') != 'yes'",
              message: 'kept',
            },
            {
              expression: "request.operation != 'UPDATE' || object.data == oldObject.data",
              message: 'immutable',
            },
            {
              expression:
                "request.operation != 'CREATE' || authorizer.group('').resource('nodes').check('delete').allowed()",
              message: 'only for those who may delete nodes',
            },
            {
              expression: 'oldObject == null || object == null || request.name == object.metadata.name',
            },
          ],
        },
      },
    ],
    [
      post(maps, map('one', { keep: 'yes' })),
      patch(`${maps}/one`, { data: { keep: 'no' } }),
      patch(`${maps}/one`, { metadata: { labels: { a: 'b' } } }),
      remove(`${maps}/one`),
      post(maps, map('free', { keep: 'yes' })),
      remove(`${maps}/free`),
      post(maps, map('labelled', { keep: 'yes' }, { labels: { free: 'x' } })),
      remove(`${maps}/labelled`),
      post('/apis/rbac.authorization.k8s.io/v1/namespaces/recorded-admission/rolebindings', {
        metadata: { name: 'jane' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
      }),
      created('two', {}, undefined, { as: 'jane' }),
      created('two', {}),
    ],
  ),
  about(
    'parameters',
    [
      {
        name: 'recorded-g',
        spec: {
          paramKind: { apiVersion: 'v1', kind: 'ServiceAccount' },
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] },
            ],
          },
          validations: [
            {
              expression: 'size(object.metadata.name) <= int(params.metadata.annotations.max)',
              messageExpression: "'longer than ' + params.metadata.annotations.max",
            },
          ],
        },
        bound: { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
      },
      {
        name: 'recorded-h',
        spec: {
          paramKind: { apiVersion: 'v1', kind: 'ServiceAccount' },
          matchConstraints: {
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] },
            ],
          },
          validations: [
            {
              expression: 'object.metadata.name != params.metadata.annotations.name',
              message: 'that name is taken',
            },
          ],
        },
        bound: {
          paramRef: { selector: { matchLabels: { taken: 'yes' } }, parameterNotFoundAction: 'Allow' },
        },
      },
    ],
    [
      post(`/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`, { metadata: { name: 'short' } }),
      post(accounts, { metadata: { name: 'limits', annotations: { max: '6' } } }),
      post(accounts, {
        metadata: { name: 'names', annotations: { name: 'other' }, labels: { taken: 'yes' } },
      }),
      post(`/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`, { metadata: { name: 'short' } }, LATER),
      post(`/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`, { metadata: { name: 'longer-name' } }),
      post(`/api/v1/namespaces/${NAMESPACE}/secrets?dryRun=All`, { metadata: { name: 'other' } }),
    ],
  ),
  {
    title: 'refused policies',
    steps: [
      { spec: {} },
      { spec: { validations: [{ expression: 'nothing == 1' }] } },
      { spec: { validations: [{ expression: '1' }] } },
      { spec: { validations: [{ expression: '' }] } },
      { spec: { validations: [{ expression: 'true', reason: 'Because' }] } },
      { spec: { validations: [{ expression: 'true', message: 'a\nb' }] } },
      { spec: { validations: [{ expression: 'params.x' }] } },
      { spec: { validations: [{ expression: 'true' }], failurePolicy: 'Maybe' } },
      {
        spec: {
          validations: [{ expression: 'true' }],
          matchConstraints: {
            resourceRules: [
              { operations: ['READ'], apiGroups: [], apiVersions: ['v1'], resources: ['pods'] },
            ],
          },
        },
      },
      { spec: { validations: [{ expression: 'true' }], matchConstraints: { resourceRules: [] } } },
      {
        spec: {
          validations: [{ expression: 'true' }],
          variables: [{ name: '1x', expression: 'true' }],
        },
      },
      {
        spec: {
          validations: [{ expression: 'true' }],
          matchConditions: [{ name: 'a b', expression: 'true' }],
        },
      },
      {
        spec: {
          validations: [{ expression: 'variables.z' }],
          variables: [{ name: 'y', expression: 'true' }],
        },
      },
      { spec: { auditAnnotations: [{ key: 'a', valueExpression: '1' }] } },
      { spec: { validations: [{ expression: 'true' }], paramKind: { kind: 'ConfigMap' } } },
    ].map(({ spec }, index) =>
      post(`${API}/validatingadmissionpolicies?dryRun=All`, {
        metadata: { name: `recorded-refused-${index}` },
        spec: { matchConstraints: { resourceRules: CONFIG_MAPS }, ...spec },
      }),
    ),
  },
  {
    title: 'refused bindings',
    steps: [
      {},
      { policyName: 'x' },
      { policyName: 'x', validationActions: [] },
      { policyName: 'x', validationActions: ['Deny', 'Warn'] },
      { policyName: 'x', validationActions: ['Shout'] },
      { policyName: 'x', validationActions: ['Deny', 'Deny'] },
      { policyName: 'X Y', validationActions: ['Deny'] },
      { policyName: 'x', validationActions: ['Deny'], paramRef: { name: 'a' } },
      { policyName: 'x', validationActions: ['Deny'], paramRef: { parameterNotFoundAction: 'Deny' } },
      {
        policyName: 'x',
        validationActions: ['Deny'],
        paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' },
      },
      { policyName: 'x', validationActions: ['Warn', 'Audit'] },
    ].map((spec, index) =>
      post(`${API}/validatingadmissionpolicybindings?dryRun=All`, {
        metadata: { name: `recorded-${index}` },
        spec,
      }),
    ),
  },
];
