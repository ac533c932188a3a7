/** Whom a binding is for. */
import { CommandError } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import type { Invocation } from '../invocation.ts';

export const SUBJECT_FLAGS: readonly Flag[] = [
  flag('user', [], 'Users to bind the role to.'),
  flag('group', [], 'Groups to bind the role to.'),
  flag('serviceaccount', [], 'Service accounts to bind the role to, as <namespace>:<name>.'),
];

const GROUP = 'rbac.authorization.k8s.io';

export function subjectsOf({ flags }: Invocation): { subjects?: object[] } {
  const subjects: object[] = [
    ...flags.list('user').map((name) => ({ kind: 'User', apiGroup: GROUP, name })),
    ...flags.list('group').map((name) => ({ kind: 'Group', apiGroup: GROUP, name })),
    ...flags.list('serviceaccount').map((text) => {
      const [namespace, name, ...rest] = text.split(':');
      if (!namespace || !name || rest.length > 0)
        throw new CommandError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
  return subjects.length > 0 ? { subjects } : {};
}

export const roleRef = (kind: 'Role' | 'ClusterRole', name: string) => ({ apiGroup: GROUP, kind, name });
