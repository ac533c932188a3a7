import { expect, test } from 'vitest';
import { rightsTo } from './custom-resource-rights.ts';
import { learnerRights } from './learner-rights.ts';

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  verbs: string[];
}

const rules = learnerRights()
  .filter(({ kind }) => kind === 'ClusterRole')
  .flatMap((role) => role['rules'] as Rule[]);

function granted(verb: string, group: string, resource: string): boolean {
  return rules.some(
    ({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.includes(group) &&
      (resources.includes(resource) || resources.includes('*')) &&
      verbs.includes(verb),
  );
}

test.each([
  ['create', '', 'pods'],
  ['create', '', 'pods/exec'],
  ['patch', '', 'nodes'],
  ['deletecollection', 'apps', 'deployments'],
  ['create', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['list', 'admissionregistration.k8s.io', 'validatingadmissionpolicies'],
  ['create', 'certificates.k8s.io', 'certificatesigningrequests'],
])('granted: %s %s %s', (verb, group, resource) => {
  expect(granted(verb, group, resource)).toBe(true);
});

test.each([
  ['get', '', 'nodes/proxy'],
  ['delete', '', 'nodes'],
  ['create', '', 'nodes'],
  ['impersonate', '', 'users'],
  ['impersonate', '', 'serviceaccounts'],
  ['escalate', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['bind', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['create', 'admissionregistration.k8s.io', 'validatingadmissionpolicies'],
  ['delete', 'admissionregistration.k8s.io', 'validatingadmissionpolicybindings'],
  ['create', 'apiregistration.k8s.io', 'apiservices'],
  ['update', 'certificates.k8s.io', 'certificatesigningrequests/approval'],
  ['approve', 'certificates.k8s.io', 'signers'],
  ['sign', 'certificates.k8s.io', 'signers'],
])('not granted: %s %s %s', (verb, group, resource) => {
  expect(granted(verb, group, resource)).toBe(false);
});

test('no rule is for every group or every verb', () => {
  for (const { apiGroups = [], verbs } of rules) expect([...apiGroups, ...verbs]).not.toContain('*');
});

test('kinds of the learner’s own are granted, kinds that pose as Kubernetes’ are not', () => {
  const definition = (group: string, plural: string) => ({ spec: { group, names: { plural } } });
  const [role] = rightsTo([
    definition('example.com', 'widgets'),
    definition('admissionregistration.k8s.io', 'validatingadmissionpolicies'),
    definition('x.kubernetes.io', 'things'),
  ]);
  expect((role!['rules'] as Rule[]).map(({ apiGroups, resources }) => [apiGroups, resources])).toEqual([
    [['example.com'], ['widgets', 'widgets/status', 'widgets/scale']],
  ]);
});

test('the namespaces of add-ons are guarded as the system’s are, and their programs act for the cluster', () => {
  const text = JSON.stringify(learnerRights(['mesh']));
  expect(text.match(/'local-path-storage', 'mesh'\]/g)).toHaveLength(2);
  expect(text).toContain("'system:serviceaccounts:mesh'");
  expect(JSON.stringify(learnerRights())).not.toContain('mesh');
});

test('the kinds of the Gateway API are granted in full', () => {
  expect(granted('create', 'gateway.networking.k8s.io', 'httproutes')).toBe(true);
});
