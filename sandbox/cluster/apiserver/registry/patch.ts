/** PATCH: turns a stored object and a patch of any type into what an update would have sent. */
import {
  applyJsonPatch,
  CopySizeError,
  JsonPatchError,
  type JsonPatchOperation,
} from '../../api/json-patch.ts';
import { applyMergePatch } from '../../api/merge-patch.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { apiVersionOf, parseApiVersion } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import { applyStrategicMergePatch, StrategicMergePatchError } from '../../api/strategic-merge-patch.ts';
import { decodeObject } from '../../api/strict-decoding.ts';
import { invalid, invalidObject, required } from '../../api/validation/field-errors.ts';
import type { RequestContext } from './strategy.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';

/** What an apply needs beyond other patches. */
export function checkApply({ request, options, resource }: RequestContext): void {
  const config = request.body as KubernetesObject | undefined;
  const problem = (message: string) => new StatusError('BadRequest', message);
  if (!options.fieldManager)
    throw invalidObject({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      required('fieldManager', 'is required for apply patch'),
    ]);
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw problem('error decoding YAML: yaml: the patch is not an object');
  const { group, version, kind } = resource;
  if (config.apiVersion !== apiVersionOf(group, version) || config.kind !== kind) {
    const given = parseApiVersion(config.apiVersion ?? '');
    throw problem(`invalid object type: ${given.group}/${given.version}, Kind=${config.kind ?? ''}`);
  }
  const { name, namespace, managedFields } = config.metadata ?? {};
  if (name && name !== request.name)
    throw problem(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  if (namespace && request.namespace && namespace !== request.namespace)
    throw problem(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${request.namespace})`,
    );
  if (managedFields?.length) throw problem('metadata.managedFields must be nil');
}

/** Whether a patch says who manages what; others are spared working it out. */
export function touchesManagedFields({ request: { body, patchType } }: RequestContext): boolean {
  if (patchType === 'application/json-patch+json')
    return (
      Array.isArray(body) &&
      body.some((operation) => String(operation?.path).startsWith('/metadata/managedFields'))
    );
  return (
    patchType !== undefined && (body as KubernetesObject | undefined)?.metadata?.managedFields !== undefined
  );
}

/** The patched object, decoded. `old` is in the version of the request. */
export function patched(old: KubernetesObject, context: RequestContext): KubernetesObject {
  const { request, resource, types, options } = context;
  const result = applied(old, context);
  try {
    return decodeObject(result, resource, types, {
      fieldValidation: options.fieldValidation,
      onWarning: request.onWarning,
      duplicates: request.duplicates,
      trusted: old,
    });
  } catch (error) {
    const why =
      error instanceof StatusError && /cannot be handled as a \w+: (json: .*)$/s.exec(error.message)?.[1];
    if (!why) throw error;
    if (request.patchType === STRATEGIC)
      throw invalidObject({ group: '', kind: '' }, '', [
        invalid('patch', goText(request.body), conversionProblem(why)),
      ]);
    // The whole object, as it would have been: that is how the server says it.
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(result), why)]);
  }
}

function applied(old: KubernetesObject, { request, resource, types }: RequestContext): unknown {
  const { body } = request;
  switch (request.patchType) {
    case 'application/json-patch+json':
      if (!Array.isArray(body))
        throw new StatusError(
          'BadRequest',
          'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
        );
      try {
        return applyJsonPatch(old, body as JsonPatchOperation[]);
      } catch (error) {
        if (error instanceof CopySizeError)
          throw new StatusError('RequestEntityTooLarge', `Request entity too large: ${error.message}`);
        if (!(error instanceof JsonPatchError)) throw error;
        throw new StatusError(
          'Invalid',
          'the server rejected our request due to an error in our request',
          {},
        );
      }
    case 'application/merge-patch+json':
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw new StatusError(
          'BadRequest',
          `error decoding patch: json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into Go value of type map[string]interface {}`,
        );
      return applyMergePatch(old, body);
    case STRATEGIC: {
      if (resource.custom) throw unknownPatchFormat();
      const type = types.typeForKind(resource.group, resource.version, resource.kind);
      try {
        return applyStrategicMergePatch(old, body, type!);
      } catch (error) {
        if (!(error instanceof StrategicMergePatchError)) throw error;
        throw new StatusError(undefined, error.message);
      }
    }
    default:
      throw unknownPatchFormat();
  }
}

const unknownPatchFormat = () =>
  new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );

/** A decoded JSON value as Go's `%+v` prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${pairs.map(([key, inner]) => `${key}:${goText(inner)}`).join(' ')}]`;
}

/** What the JSON decoder says about a value of the wrong type, as the converter of strategic patches says it. */
function conversionProblem(decoded: string): string {
  const [, given = '', wanted = ''] = /cannot unmarshal (\w+) .*of type (.+)$/s.exec(decoded) ?? [];
  const kind =
    given === 'number' ? 'int64' : given === 'object' ? 'map' : given === 'array' ? 'slice' : given;
  if (wanted.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (/^(u?int\d*|string|bool|float\d+)$/.test(wanted)) return `unrecognized type: ${wanted}`;
  return wanted ? `cannot restore struct from: ${kind}` : decoded;
}
