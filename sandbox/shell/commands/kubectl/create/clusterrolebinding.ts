import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';
import { roleRef, SUBJECT_FLAGS, subjectsOf } from './subjects.ts';

export const command = generatorCommand({
  use: 'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  short: 'Create a cluster role binding for a particular cluster role',
  flags: [...SUBJECT_FLAGS, flag('clusterrole', '', 'Cluster role this binding refers to.')],
  required: ['clusterrole'],
  clusterScoped: true,
  failure: 'failed to create clusterrolebinding: ',
  generate: (invocation, name) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: roleRef('ClusterRole', invocation.flags.string('clusterrole')),
    ...subjectsOf(invocation),
  }),
});
