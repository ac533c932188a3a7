/** `kubectl --as`: acting as somebody else, for those who may (`endpoints/filters/impersonation`). */
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { isDNS1123Label, isDNS1123Subdomain } from '../../api/validation/names.ts';
import { forbidden, type Authorizer } from '../authorization/authorizer.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const EXTRA = 'impersonate-extra-';
const AUTHENTICATION = 'authentication.k8s.io';

/** One thing that the request wants to be: each has to be allowed. */
interface Wanted {
  resource: string;
  group: string;
  name: string;
  namespace?: string;
  /** The key of an extra. */
  subresource?: string;
}

/** Who the request is from: `user`, or who its headers say. Throws Forbidden. */
export function impersonated(
  user: UserInfo,
  headers: Readonly<Record<string, string>>,
  authorizer: Authorizer,
): UserInfo {
  const username = headers['impersonate-user'] ?? '';
  const uid = headers['impersonate-uid'];
  const groups = listOf(headers['impersonate-group']);
  const extra = extraOf(headers);
  const wanted = wantedOf(username, uid, groups, extra);
  if (wanted.length === 0) return user;
  if (!username)
    throw new StatusError(
      'BadRequest',
      `requested [${wanted.map(referenceText).join(' ')}] without impersonating a user`,
    );
  for (const { resource, group, name, namespace, subresource } of wanted) {
    const attributes = { user, verb: 'impersonate', group, resource, name, namespace, subresource };
    if (!authorizer.authorize(attributes).allowed) throw forbidden(attributes);
  }
  const account = accountOf(username);
  if (account && groups.length === 0)
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`);
  const known = groups.some(
    (group) => group === 'system:authenticated' || group === 'system:unauthenticated',
  );
  if (!known)
    groups.push(username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated');
  return {
    username,
    ...(uid && { uid }),
    groups,
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

const listOf = (header: string | undefined): string[] =>
  header ? header.split(',').map((each) => each.trim()) : [];

/** Keys are part of the header's name: in lower case, what may not stand there written with `%`. */
function extraOf(headers: Readonly<Record<string, string>>): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const name of Object.keys(headers).sort()) {
    if (!name.startsWith(EXTRA)) continue;
    const key = name.slice(EXTRA.length).toLowerCase();
    extra[unescaped(key)] = listOf(headers[name]);
  }
  return extra;
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // As the real server does: what is no escape is taken as it stands.
    return key;
  }
}

function accountOf(username: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  if (!namespace || !name || isDNS1123Label(namespace).length > 0 || isDNS1123Subdomain(name).length > 0)
    return undefined;
  return { namespace, name };
}

function wantedOf(
  username: string,
  uid: string | undefined,
  groups: readonly string[],
  extra: Readonly<Record<string, string[]>>,
): Wanted[] {
  const account = accountOf(username);
  const wanted: Wanted[] = [];
  if (account) wanted.push({ resource: 'serviceaccounts', group: '', ...account });
  else if (username) wanted.push({ resource: 'users', group: '', name: username });
  for (const name of groups) wanted.push({ resource: 'groups', group: '', name });
  for (const [key, values] of Object.entries(extra))
    for (const name of values)
      wanted.push({ resource: 'userextras', group: AUTHENTICATION, name, subresource: key });
  if (uid) wanted.push({ resource: 'uids', group: AUTHENTICATION, name: uid });
  return wanted;
}

const KINDS: Record<string, string> = { groups: 'Group', userextras: 'UserExtra', uids: 'UID' };

/** An ObjectReference as Go prints it: kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath. */
function referenceText({ resource, group, name, subresource = '' }: Wanted): string {
  return `{${KINDS[resource]}  ${name}  ${group && `${group}/v1`}  ${subresource}}`;
}
