/** RBAC: what a 403 says, escalation, binding, aggregation, reviews. */
import { gone, namespace, patch, post, put, remove, get } from '../steps.mjs';

const NAMESPACE = 'recorded-rbac';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const local = `${RBAC}/namespaces/${NAMESPACE}`;
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
/** Everything but `escalate` and `bind`. */
const WRITE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const jane = 'jane';
const builder = `system:serviceaccount:${NAMESPACE}:builder`;
const account = {
  user: builder,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${NAMESPACE}`, 'system:authenticated'],
};

const role = (name, rules, more) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules,
  ...more,
});
const clusterRole = (name, rules, more) => ({ ...role(name, rules, more), kind: 'ClusterRole' });
const binding = (name, roleRef, subjects) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
  subjects,
});
const user = (name) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' });
const clusterBinding = (name, roleRef, subjects) => ({
  ...binding(name, roleRef, subjects),
  kind: 'ClusterRoleBinding',
});
const rule = (verbs, apiGroups, resources, resourceNames) => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames && { resourceNames }),
});

const grant = (name, rules, subjects) => [
  post(`${local}/roles`, role(name, rules)),
  post(`${local}/rolebindings`, binding(name, { kind: 'Role', name }, subjects)),
];

export const conversations = [
  {
    title: 'what is forbidden',
    steps: [
      ...namespace(NAMESPACE),
      get('/api/v1/pods', { as: jane }),
      get(`/api/v1/namespaces/${NAMESPACE}/pods`, { as: jane }),
      get(`/api/v1/namespaces/${NAMESPACE}/pods/p`, { as: jane }),
      get(`/api/v1/namespaces/${NAMESPACE}/pods/p/log`, { as: jane }),
      get(`/api/v1/namespaces/${NAMESPACE}/pods?watch=true`, { as: jane }),
      post(`/api/v1/namespaces/${NAMESPACE}/pods`, { metadata: { name: 'p' } }, { as: jane }),
      put(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/d/scale`, {}, { as: jane }),
      patch(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/d/status`, {}, { as: account }),
      remove(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, { as: account }),
      get('/api/v1/nodes/n', { as: account }),
      post(`/api/v1/namespaces/${NAMESPACE}/pods/p/eviction`, {}, { as: account }),
      get(`/apis/example.com/v1/namespaces/${NAMESPACE}/widgets/w`, { as: account }),
      get('/metrics', { as: jane }),
      get('/logs/kubelet.log', { as: account }),
      get('/api/v1/secrets?limit=1', { token: '' }),
      get('/apis', { token: '' }),
      get('/metrics', { token: '' }),
      get('/healthz', { token: '' }),
      get('/livez', { token: '' }),
      get('/readyz', { token: '' }),
      get('/version', { token: '', keep: ['major'] }),
      get('/api', { token: 'nonsense' }),
      get('/api/v1/namespaces/default', { as: { user: 'jane', groups: ['system:masters'] }, keep: ['kind'] }),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'impersonation',
    steps: [
      ...namespace(NAMESPACE),
      ...grant('i', [rule(['get'], [''], ['pods'])], [user('nobody')]),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-impersonator', [
          rule(['impersonate'], [''], ['users'], ['jane']),
          rule(['impersonate'], [''], ['groups'], ['developers']),
          rule(['impersonate'], ['authentication.k8s.io'], ['userextras/scopes'], ['view']),
          rule(['impersonate'], ['authentication.k8s.io'], ['uids'], ['1234']),
        ]),
      ),
      post(
        `${RBAC}/clusterrolebindings`,
        clusterBinding('recorded-impersonator', { kind: 'ClusterRole', name: 'recorded-impersonator' }, [
          { kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE },
        ]),
      ),
      post(
        `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default/token`,
        { spec: {} },
        { save: { token: 'status.token' } },
      ),
      ...[
        { user: 'jane' },
        { user: 'jim' },
        { user: 'jane', groups: ['developers'] },
        { user: 'jane', groups: ['developers', 'admins'] },
        { user: 'jane', extra: { scopes: ['view'] } },
        { user: 'jane', extra: { scopes: ['view', 'edit'] } },
        { user: 'jane', extra: { 'acme.com%2Fproject': ['x'] } },
        { user: 'jane', uid: '1234' },
        { user: 'jane', uid: '5678' },
        { groups: ['developers'] },
        { uid: '1234' },
        { extra: { scopes: ['view'] } },
        { user: builder },
        { user: 'system:anonymous' },
      ].map((as) =>
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          {},
          { as, token: '${token}', keep: ['status.userInfo'] },
        ),
      ),
      ...[
        {
          user: 'jane',
          groups: ['a', 'b'],
          uid: 'u',
          extra: { scopes: ['x', 'y'], 'acme.com%2Fproject': ['z'] },
        },
        { user: builder },
        { user: builder, groups: ['g'] },
        { user: 'system:anonymous' },
        { user: 'jane', groups: ['system:unauthenticated'] },
        { user: 'system:serviceaccount:bad name:x' },
      ].map((as) =>
        post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { as, keep: ['status.userInfo'] }),
      ),
      remove(`${RBAC}/clusterrolebindings/recorded-impersonator`),
      remove(`${RBAC}/clusterroles/recorded-impersonator`),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'escalation',
    steps: [
      ...namespace(NAMESPACE),
      ...grant(
        'role-writer',
        [
          rule(WRITE, ['rbac.authorization.k8s.io'], ['roles', 'rolebindings']),
          rule(['get', 'list'], [''], ['pods', 'pods/log']),
          rule(['get'], [''], ['secrets'], ['one']),
        ],
        [user(jane)],
      ),
      post(`${local}/roles`, role('fine', [rule(['get'], [''], ['pods'])]), { as: jane }),
      post(`${local}/roles`, role('fine-2', [rule(['get'], [''], ['secrets'], ['one'])]), { as: jane }),
      post(`${local}/roles`, role('too-much', [rule(['get', 'delete'], [''], ['pods', 'services'])]), {
        as: jane,
      }),
      post(`${local}/roles`, role('too-much', [rule(['get'], [''], ['secrets'])]), { as: jane }),
      post(`${local}/roles`, role('too-much', [rule(['*'], ['*'], ['*'])]), { as: jane }),
      post(
        `${local}/roles`,
        role('too-much', [
          rule(['create'], ['apps'], ['deployments'], ['a', 'b']),
          rule(['get'], [''], ['nodes']),
        ]),
        { as: jane },
      ),
      patch(`${local}/roles/fine`, { rules: [rule(['get', 'watch'], [''], ['pods'])] }, { as: jane }),
      patch(`${local}/roles/fine`, { metadata: { labels: { a: 'b' } } }, { as: jane }),
      post(`${local}/rolebindings`, binding('own', { kind: 'Role', name: 'fine' }, [user('jim')]), {
        as: jane,
      }),
      post(`${local}/rolebindings`, binding('admin', { kind: 'ClusterRole', name: 'view' }, [user('jim')]), {
        as: jane,
      }),
      post(`${local}/rolebindings`, binding('none', { kind: 'Role', name: 'nothing' }, [user('jim')]), {
        as: jane,
      }),
      post(
        `${local}/roles`,
        role('binder', [rule(['bind'], ['rbac.authorization.k8s.io'], ['clusterroles'], ['view'])]),
      ),
      post(`${local}/rolebindings`, binding('binder', { kind: 'Role', name: 'binder' }, [user(jane)])),
      post(
        `${local}/rolebindings`,
        binding('viewers', { kind: 'ClusterRole', name: 'view' }, [user('jim')]),
        { as: jane },
      ),
      post(
        `${local}/roles`,
        role('escalator', [rule(['escalate'], ['rbac.authorization.k8s.io'], ['roles'])]),
      ),
      post(`${local}/rolebindings`, binding('escalator', { kind: 'Role', name: 'escalator' }, [user(jane)])),
      post(`${local}/roles`, role('much', [rule(['delete'], [''], ['pods'])]), { as: jane }),
      post(`${RBAC}/clusterroles`, clusterRole('recorded-x', [rule(['get'], [''], ['pods'])]), { as: jane }),
      ...gone(NAMESPACE),
    ],
  },
  {
    title: 'escalation in the cluster',
    steps: [
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-writer', [
          rule(WRITE, ['rbac.authorization.k8s.io'], ['clusterroles', 'clusterrolebindings']),
          { verbs: ['get'], nonResourceURLs: ['/metrics'] },
        ]),
      ),
      post(
        `${RBAC}/clusterrolebindings`,
        clusterBinding('recorded-writer', { kind: 'ClusterRole', name: 'recorded-writer' }, [user('joan')]),
      ),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-a', [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }]),
        { as: 'joan' },
      ),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-b', [{ verbs: ['get', 'post'], nonResourceURLs: ['/logs', '/logs/*'] }]),
        { as: 'joan' },
      ),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-c', null, {
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
        }),
        { as: 'joan' },
      ),
      post(
        `${RBAC}/clusterrolebindings`,
        clusterBinding('recorded-d', { kind: 'ClusterRole', name: 'cluster-admin' }, [user('joan')]),
        { as: 'joan' },
      ),
      post(
        `${RBAC}/clusterrolebindings`,
        clusterBinding('recorded-e', { kind: 'ClusterRole', name: 'missing' }, [user('joan')]),
        { as: 'joan' },
      ),
      patch(`${RBAC}/clusterrolebindings/recorded-writer`, { roleRef: { name: 'other' } }),
      patch(`${RBAC}/clusterrolebindings/recorded-writer`, {
        subjects: [
          { kind: 'Robot', name: '' },
          { kind: 'ServiceAccount', name: 'x' },
        ],
      }),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-f', [
          { verbs: [], apiGroups: [''], resources: ['pods'] },
          { verbs: ['get'], apiGroups: [''] },
          { verbs: ['get'], nonResourceURLs: ['/x'], resources: ['pods'] },
        ]),
      ),
      post(
        `${RBAC}/namespaces/default/roles`,
        role('recorded-g', [{ verbs: ['get'], nonResourceURLs: ['/x'] }]),
      ),
      remove(`${RBAC}/clusterroles/recorded-a`),
      remove(`${RBAC}/clusterroles/recorded-writer`),
      remove(`${RBAC}/clusterrolebindings/recorded-writer`),
    ],
  },
  {
    title: 'aggregation',
    steps: [
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-sum', [rule(['get'], [''], ['pods'])], {
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'recorded/sum': 'yes' } }] },
        }),
        { keep: ['rules'] },
      ),
      get(`${RBAC}/clusterroles/recorded-sum`, { keep: ['kind'] }),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-p2', [rule(['get'], [''], ['services'])], {
          metadata: { name: 'recorded-p2', labels: { 'recorded/sum': 'yes' } },
        }),
      ),
      get(`${RBAC}/clusterroles/recorded-sum`, { after: 1, keep: ['rules'] }),
      post(
        `${RBAC}/clusterroles`,
        clusterRole(
          'recorded-p1',
          [rule(['list'], ['apps'], ['deployments']), rule(['get'], [''], ['services'])],
          { metadata: { name: 'recorded-p1', labels: { 'recorded/sum': 'yes' } } },
        ),
      ),
      get(`${RBAC}/clusterroles/recorded-sum`, { after: 1, keep: ['rules'] }),
      post(
        `${RBAC}/clusterroles`,
        clusterRole('recorded-view', [rule(['get'], ['example.com'], ['widgets'])], {
          metadata: {
            name: 'recorded-view',
            labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
          },
        }),
      ),
      ...['recorded-p1', 'recorded-p2', 'recorded-sum', 'recorded-view'].map((name) =>
        remove(`${RBAC}/clusterroles/${name}`),
      ),
    ],
  },
  {
    title: 'reviews',
    steps: [
      ...namespace(NAMESPACE),
      ...grant(
        'reader',
        [
          rule(['get', 'list'], [''], ['pods', 'pods/log']),
          rule(['get'], ['apps'], ['deployments'], ['web']),
          rule(['*'], ['batch'], ['*/status']),
        ],
        [
          user(jane),
          { kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' },
          { kind: 'ServiceAccount', name: 'builder' },
        ],
      ),
      ...[
        { namespace: NAMESPACE, verb: 'get', resource: 'pods' },
        { namespace: NAMESPACE, verb: 'delete', resource: 'pods' },
        { namespace: NAMESPACE, verb: 'get', resource: 'pods', subresource: 'log', name: 'p' },
        { namespace: NAMESPACE, verb: 'get', group: 'apps', resource: 'deployments' },
        { namespace: NAMESPACE, verb: 'get', group: 'apps', resource: 'deployments', name: 'web' },
        { namespace: NAMESPACE, verb: 'patch', group: 'batch', resource: 'jobs', subresource: 'status' },
        { namespace: 'default', verb: 'get', resource: 'pods' },
        { verb: 'get', resource: 'pods' },
      ].flatMap((resourceAttributes) => [
        post(
          `${AUTHORIZATION}/selfsubjectaccessreviews`,
          { spec: { resourceAttributes } },
          { as: jane, keep: ['status'] },
        ),
        post(
          `${AUTHORIZATION}/subjectaccessreviews`,
          { spec: { user: 'x', groups: ['devs'], resourceAttributes } },
          { keep: ['status'] },
        ),
        post(
          `${AUTHORIZATION}/subjectaccessreviews`,
          { spec: { user: builder, resourceAttributes } },
          { keep: ['status'] },
        ),
      ]),
      post(
        `${AUTHORIZATION}/selfsubjectaccessreviews`,
        { spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } },
        { as: jane, keep: ['status'] },
      ),
      post(`${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: {} }, { as: jane }),
      post(
        `${AUTHORIZATION}/selfsubjectaccessreviews`,
        {
          spec: {
            resourceAttributes: { verb: 'get', resource: 'pods' },
            nonResourceAttributes: { path: '/', verb: 'get' },
          },
        },
        { as: jane },
      ),
      post(`${AUTHORIZATION}/subjectaccessreviews`, {
        spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
      }),
      post(
        `${AUTHORIZATION}/subjectaccessreviews`,
        { spec: { user: 'a', resourceAttributes: { verb: 'get', resource: 'pods' } } },
        { as: jane },
      ),
      post(
        `${AUTHORIZATION}/namespaces/${NAMESPACE}/localsubjectaccessreviews`,
        {
          metadata: { namespace: NAMESPACE },
          spec: { user: jane, resourceAttributes: { namespace: NAMESPACE, verb: 'get', resource: 'pods' } },
        },
        { keep: ['status'] },
      ),
      post(`${AUTHORIZATION}/namespaces/${NAMESPACE}/localsubjectaccessreviews`, {
        metadata: { namespace: NAMESPACE },
        spec: { user: jane, resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      }),
      post(`${AUTHORIZATION}/namespaces/${NAMESPACE}/localsubjectaccessreviews`, {
        metadata: { namespace: NAMESPACE },
        spec: { user: jane, nonResourceAttributes: { path: '/', verb: 'get' } },
      }),
      post(
        `${AUTHORIZATION}/selfsubjectrulesreviews`,
        { spec: { namespace: NAMESPACE } },
        { as: jane, keep: ['status.resourceRules', 'status.incomplete'] },
      ),
      post(
        `${AUTHORIZATION}/selfsubjectrulesreviews`,
        { spec: { namespace: NAMESPACE } },
        { as: account, keep: ['status.resourceRules', 'status.incomplete'] },
      ),
      post(`${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: {} }, { as: jane, keep: ['status'] }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { as: jane, keep: ['status', 'kind'] }),
      ...gone(NAMESPACE),
    ],
  },
];
