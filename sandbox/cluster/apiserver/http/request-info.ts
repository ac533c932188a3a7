/**
 * What a request is about, from its method and URL (`apiserver/pkg/endpoints/request/requestinfo.go`).
 *
 *     /api/v1/namespaces/{namespace}/{resource}/{name}/{subresource}/{rest of a proxy path}
 *     /apis/{group}/{version}/{resource}/{name}
 */
import type { Verb } from '../../api/request.ts';

export interface RequestInfo {
  /** Lower-case method for what is no resource: `get /healthz`. */
  verb: Verb | string;
  isResource: boolean;
  path: string;
  group: string;
  version: string;
  namespace: string | undefined;
  resource: string;
  name: string | undefined;
  subresource: string | undefined;
  /** What follows the subresource: the path of a proxied request, with its leading slash. */
  rest: string;
}

const VERBS: Record<string, Verb> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
/** Subresources of a namespace; anything else after a namespace's name is a resource in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

export function requestInfoOf(method: string, path: string, query: URLSearchParams): RequestInfo {
  const info: RequestInfo = {
    verb: method.toLowerCase(),
    isResource: false,
    path,
    group: '',
    version: '',
    namespace: undefined,
    resource: '',
    name: undefined,
    subresource: undefined,
    rest: '',
  };
  const parts = path.split('/').filter((part) => part !== '');
  const prefix = parts.shift();
  if (prefix !== 'api' && prefix !== 'apis') return info;
  if (parts.length < (prefix === 'api' ? 2 : 3)) return info;
  if (prefix === 'apis') info.group = parts.shift()!;
  info.version = parts.shift()!;
  let watching = false;
  if (parts[0] === 'watch' && parts.length > 1) {
    watching = true;
    parts.shift();
  }
  info.isResource = true;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2]!)) {
      info.namespace = decodeURIComponent(parts[1]!);
      parts.splice(0, 2);
    }
  }
  info.resource = parts[0]!;
  if (parts[1] !== undefined) info.name = decodeURIComponent(parts[1]);
  if (parts[2] !== undefined) info.subresource = parts[2];
  if (parts.length > 3 || (parts.length === 3 && path.endsWith('/')))
    info.rest = `/${parts.slice(3).join('/')}${path.endsWith('/') && parts.length > 3 ? '/' : ''}`;
  info.verb = VERBS[method] ?? (info.name === undefined ? 'list' : 'get');
  if (info.verb === 'list' && (watching || isTrue(query.get('watch')))) info.verb = 'watch';
  if (info.verb === 'delete' && info.name === undefined) info.verb = 'deletecollection';
  return info;
}

/** A boolean of a query string, as apimachinery's conversion reads it: present and not `false` or `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}
