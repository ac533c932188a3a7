/** A body has to be of the kind that its URL is about. What it leaves out is taken from there. */
import { apiVersionOf, parseApiVersion, type ResourceInfo, type TypeRegistry } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';

/** Throws BadRequest in the words of Go's scheme. */
export function checkKind(body: unknown, resource: ResourceInfo, types: TypeRegistry): void {
  if (typeof body !== 'object' || body === null) return;
  const wanted = apiVersionOf(resource.group, resource.version);
  const { apiVersion = wanted, kind = resource.kind } = body as { apiVersion?: string; kind?: string };
  if ((apiVersion === wanted || !apiVersion) && (kind === resource.kind || !kind)) return;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return;
  const { group, version } = parseApiVersion(apiVersion);
  const why = types.typeForKind(group, version, kind)
    ? `converting (${version}.${kind}) to (${packageOf(resource.group)}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  throw new StatusError(
    'BadRequest',
    `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`,
  );
}

/** The Go package of a group's internal types. */
const packageOf = (group: string): string => (group === '' ? 'core' : group.split('.')[0]!);
