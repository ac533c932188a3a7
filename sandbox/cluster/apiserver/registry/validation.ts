/** Validation of the kind, as the registry calls it. */
import type { KubernetesObject } from '../../api/object.ts';
import { invalidObject } from '../../api/validation/field-errors.ts';
import { validateCreate, validateUpdate } from '../../api/validation/validate.ts';
import type { RequestContext } from './strategy.ts';

/** Subresources through which the server itself changes a part; what they may change they check. */
const TRUSTED = new Set(['binding', 'finalize']);

/** Throws Invalid with every problem. */
export function validateObject(
  object: KubernetesObject,
  old: KubernetesObject | undefined,
  { types, resource, request, warn }: RequestContext,
): void {
  const { subresource } = request;
  if (subresource && TRUSTED.has(subresource)) return;
  const custom = types.hooksOf(resource.group, resource.version, resource.kind)?.validate;
  if (custom) {
    const hooks = types.hooksOf(resource.group, resource.version, resource.kind);
    const found = custom.call(hooks, object, old, subresource, warn);
    if (found.length > 0) throw invalidObject(resource, object.metadata.name ?? '', found);
    return;
  }
  const errors = old ? validateUpdate(object, old, types, subresource) : validateCreate(object, types);
  if (errors.length > 0) throw invalidObject(resource, object.metadata.name ?? '', errors);
}
