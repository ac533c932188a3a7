/** What HTTPRoutes do to a request on its way, and to its answer: headers, host name, path, redirects. */
import { EMPTY } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { RouteFilter, RouteMatch } from './gateway-kinds.ts';
import type { RequestHead } from './route-table.ts';

type HeaderFilter = NonNullable<RouteFilter['requestHeaderModifier']>;
type Redirect = NonNullable<RouteFilter['requestRedirect']>;

const REDIRECT = 302;

/** Changes `headers` in place. */
export function modifyHeaders(
  headers: Record<string, string>,
  { set = [], add = [], remove = [] }: HeaderFilter,
): void {
  for (const { name, value } of set) headers[name.toLowerCase()] = value;
  for (const { name, value } of add) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`;
  }
  for (const name of remove) delete headers[name.toLowerCase()];
}

/** The request as it goes on. @param match the one that let it in: prefixes are replaced by it */
export function rewritten(
  request: HttpRequest,
  filters: readonly RouteFilter[],
  match: RouteMatch,
  url: { pathname: string; search: string },
): HttpRequest {
  const headers = { ...request.headers };
  let { path } = request;
  for (const { requestHeaderModifier, urlRewrite } of filters) {
    if (requestHeaderModifier) modifyHeaders(headers, requestHeaderModifier);
    if (urlRewrite?.hostname) headers['host'] = urlRewrite.hostname;
    if (urlRewrite?.path) path = modifiedPath(urlRewrite.path, match, url.pathname) + url.search;
  }
  return { ...request, path, headers };
}

/** @param port the one that was asked for */
export function redirected(
  redirect: Redirect,
  match: RouteMatch,
  head: RequestHead,
  search: string,
  port: number,
): HttpResponse {
  const scheme = redirect.scheme ?? 'http';
  const wellKnown = scheme === 'https' ? 443 : 80;
  const target = redirect.port ?? (redirect.scheme ? wellKnown : port);
  const host = redirect.hostname ?? head.hostname;
  const path = redirect.path ? modifiedPath(redirect.path, match, head.path) : head.path;
  const location = `${scheme}://${host}${target === wellKnown ? '' : `:${target}`}${path}${search}`;
  return {
    status: redirect.statusCode ?? REDIRECT,
    headers: { location, 'content-length': '0' },
    body: EMPTY,
  };
}

function modifiedPath(path: NonNullable<Redirect['path']>, match: RouteMatch, actual: string): string {
  if (path.type === 'ReplaceFullPath') return path.replaceFullPath ?? '/';
  const prefix = (match.path?.value ?? '/').replace(/\/$/, '');
  const rest = actual.slice(prefix.length);
  const joined = (path.replacePrefixMatch ?? '/').replace(/\/$/, '') + rest;
  return joined.startsWith('/') ? joined : `/${joined}`;
}
