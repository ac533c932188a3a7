/** A body has to be of the kind that its URL is about. What it leaves out is taken from there. */
import { apiVersionOf, parseApiVersion, type ResourceInfo, type TypeRegistry } from '../../api/schema.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { invalid, invalidObject } from '../../api/validation/field-errors.ts';

/** Throws BadRequest in the words of Go's scheme. */
export function checkKind(body: unknown, resource: ResourceInfo, types: TypeRegistry): void {
  if (typeof body !== 'object' || body === null) return;
  const wanted = apiVersionOf(resource.group, resource.version);
  const { apiVersion = wanted, kind = resource.kind } = body as { apiVersion?: string; kind?: string };
  if ((apiVersion === wanted || !apiVersion) && (kind === resource.kind || !kind)) return;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return;
  if (resource.custom) throw customMismatch(apiVersion, kind, wanted, resource, body);
  const { group, version } = parseApiVersion(apiVersion);
  const why = types.typeForKind(group, version, kind)
    ? `converting (${version}.${kind}) to (${packageOf(resource.group)}.${resource.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  throw new StatusError(
    'BadRequest',
    `${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`,
  );
}

/** Custom resources have no Go type that could be said not to fit. */
function customMismatch(
  apiVersion: string,
  kind: string,
  wanted: string,
  resource: ResourceInfo,
  body: object,
): StatusError {
  if (apiVersion !== wanted && apiVersion !== '')
    return new StatusError(
      'BadRequest',
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  const { metadata } = body as Partial<KubernetesObject>;
  return invalidObject({ group: resource.group, kind }, metadata?.name ?? '', [
    invalid('kind', kind, `must be ${resource.kind}`),
  ]);
}

/** The Go package of a group's internal types. */
const packageOf = (group: string): string => (group === '' ? 'core' : group.split('.')[0]!);
