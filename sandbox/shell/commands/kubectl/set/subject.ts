import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';
import { ChangeError, setterCommand } from './setter.ts';

interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

const RBAC = 'rbac.authorization.k8s.io';

export const command = setterCommand<Subject[]>({
  use: '(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname]',
  short: 'Update the user, group, or service account in a role binding or cluster role binding',
  examples: [
    [
      'One more account that a role is bound to',
      'kubectl set subject rolebinding admin --serviceaccount=ns:sa',
    ],
  ],
  flags: [
    flag('user', [], 'Users to bind the role to.'),
    flag('group', [], 'Groups to bind the role to.'),
    flag('serviceaccount', [], 'Service accounts to bind the role to, as <namespace>:<name>.'),
  ],
  done: 'subjects updated',
  failure: 'failed to patch subjects to rolebinding: ',
  read: (invocation) => ({ resources: [...invocation.args], input: subjectsOf(invocation) }),
  change: (_, copy, subjects) => {
    if (copy.kind !== 'RoleBinding' && copy.kind !== 'ClusterRoleBinding')
      throw new ChangeError('setting subjects is only supported for RoleBinding/ClusterRoleBinding');
    const present: Subject[] = (copy['subjects'] ??= []);
    for (const subject of subjects) if (!present.some((other) => same(other, subject))) present.push(subject);
  },
});

const same = (a: Subject, b: Subject) =>
  a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;

function subjectsOf({ flags }: Invocation): Subject[] {
  const [users, groups, accounts] = [flags.list('user'), flags.list('group'), flags.list('serviceaccount')];
  if (users.length + groups.length + accounts.length === 0)
    throw new CommandError('you must specify at least one value of user, group or serviceaccount');
  return [
    ...[...new Set(users)].sort().map((name) => ({ kind: 'User', apiGroup: RBAC, name })),
    ...[...new Set(groups)].sort().map((name) => ({ kind: 'Group', apiGroup: RBAC, name })),
    ...[...new Set(accounts)].sort().map((account) => {
      const [namespace, name, ...more] = account.split(':');
      if (!namespace || !name || more.length > 0)
        throw new CommandError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}
