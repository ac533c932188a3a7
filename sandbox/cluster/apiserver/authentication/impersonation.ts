/** `kubectl --as`: acting as somebody else, for those who may (`endpoints/filters/impersonation`). */
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { forbidden, type Authorizer } from '../authorization/authorizer.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Who the request is from: `user`, or who its headers say. Throws Forbidden. */
export function impersonated(
  user: UserInfo,
  headers: Readonly<Record<string, string>>,
  authorizer: Authorizer,
): UserInfo {
  const username = headers['impersonate-user'];
  const asked = headers['impersonate-group'];
  const groups = asked ? asked.split(',').map((group) => group.trim()) : [];
  if (username === undefined) {
    if (groups.length === 0) return user;
    throw new StatusError('BadRequest', 'requested groups without impersonating a user');
  }
  const check = (resource: string, name: string, namespace?: string) => {
    const attributes = {
      user,
      verb: 'impersonate',
      group: '',
      resource,
      name,
      namespace,
      subresource: undefined,
    };
    if (!authorizer.authorize(attributes).allowed) throw forbidden(attributes);
  };
  const account = SERVICE_ACCOUNT.exec(username);
  if (account) check('serviceaccounts', account[2]!, account[1]);
  else check('users', username);
  for (const group of groups) check('groups', group);
  if (account && groups.length === 0)
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account[1]}`);
  const known = groups.some(
    (group) => group === 'system:authenticated' || group === 'system:unauthenticated',
  );
  if (!known)
    groups.push(username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated');
  return { username, groups };
}
