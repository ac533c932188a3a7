/** The URI that a request would have had over HTTP, for requests from within the process. */
import type { ApiRequest } from '../../api/request.ts';

export function uriOf({
  verb,
  group,
  version,
  namespace,
  resource,
  name,
  subresource,
  options,
}: ApiRequest): string {
  const parts = group ? ['/apis', group, version] : ['/api', version];
  if (namespace) parts.push('namespaces', namespace);
  parts.push(resource);
  if (name && verb !== 'create') parts.push(name);
  else if (name && subresource) parts.push(name);
  if (subresource) parts.push(subresource);
  const query = Object.entries(options ?? {})
    .filter(([, value]) => value !== undefined && typeof value !== 'object')
    .map(([key, value]) => `${key}=${encodeURIComponent(key === 'dryRun' ? 'All' : String(value))}`);
  if (verb === 'watch') query.push('watch=true');
  return parts.join('/') + (query.length > 0 ? `?${query.join('&')}` : '');
}
