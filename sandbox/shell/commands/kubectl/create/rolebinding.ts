import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';
import { roleRef, SUBJECT_FLAGS, subjectsOf } from './subjects.ts';

export const command = generatorCommand({
  use: 'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  short: 'Create a role binding for a particular role or cluster role',
  flags: [
    ...SUBJECT_FLAGS,
    flag('role', '', 'Role this binding refers to.'),
    flag('clusterrole', '', 'Cluster role this binding refers to.'),
  ],
  failure: 'failed to create rolebinding: ',
  generate: (invocation, name) => {
    const role = invocation.flags.string('role');
    const clusterRole = invocation.flags.string('clusterrole');
    if ((role === '') === (clusterRole === ''))
      throw new CommandError('exactly one of clusterrole or role must be specified');
    return {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: role ? roleRef('Role', role) : roleRef('ClusterRole', clusterRole),
      ...subjectsOf(invocation),
    };
  },
});
