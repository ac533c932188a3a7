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
  // Escaped slashes separate, and what is empty in the middle is a part: paths are split after decoding.
  const trimmed = path.replace(/^\/|\/$/g, '');
  const raw = trimmed.split('/');
  const parts = decodeURIComponent(trimmed).split('/');
  const prefix = parts.shift();
  if (prefix !== 'api' && prefix !== 'apis') return info;
  if (parts.length < (prefix === 'api' ? 2 : 3)) return info;
  const rest = raw.slice(raw.length - parts.length);
  const shift = (count = 1) => {
    parts.splice(0, count);
    rest.splice(0, count);
  };
  if (prefix === 'apis') {
    info.group = parts[0]!;
    shift();
  }
  info.version = parts[0]!;
  shift();
  let watching = false;
  if (parts[0] === 'watch' && parts.length > 1) {
    watching = true;
    shift();
  }
  info.isResource = true;
  if (parts[0] === 'namespaces' && parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2]!)) {
    info.namespace = parts[1]!;
    shift(2);
  }
  info.resource = parts[0]!;
  if (parts[1] !== undefined) info.name = parts[1];
  if (parts[2] !== undefined) info.subresource = parts[2];
  // The path behind a proxy is that server's business: it stays as it came.
  if (parts.length > 3 || (parts.length === 3 && path.endsWith('/')))
    info.rest = `/${rest.slice(3).join('/')}${path.endsWith('/') && parts.length > 3 ? '/' : ''}`;
  const verb = VERBS[method];
  // Only these are methods of resources: what else comes is left as it is, and nothing allows it.
  info.verb = verb ?? (method === 'GET' ? (info.name === undefined ? 'list' : 'get') : method.toLowerCase());
  if ((info.verb === 'list' && (watching || isTrue(query.get('watch')))) || (info.verb === 'get' && watching))
    info.verb = 'watch';
  if (info.verb === 'delete' && info.name === undefined) info.verb = 'deletecollection';
  return info;
}

/** A boolean of a query string, as apimachinery's conversion reads it: present and not `false` or `0`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}
