/** Changing an object by the difference of two versions of it, as `set`, `rollout` and `edit` do. */
import { createMergePatch } from '../../../cluster/api/merge-patch.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { TypeRegistry } from '../../../cluster/api/schema.ts';
import { createTwoWayMergePatch } from '../../../cluster/api/strategic-merge-patch.ts';
import { resourcePath } from './discovery.ts';
import type { Invocation } from './invocation.ts';
import type { DryRun } from './printers/output.ts';
import type { Info } from './resource-builder.ts';
import { JSON_MERGE, STRATEGIC_MERGE } from './three-way-patch.ts';

/** The patch from one version to another; empty when they are the same. */
export function difference(info: Info, from: unknown, to: unknown): { patch: object; contentType: string } {
  const { group, version, kind } = info.mapping;
  const type = TypeRegistry.builtin().typeForKind(group, version, kind);
  return type
    ? { patch: createTwoWayMergePatch(from, to, type), contentType: STRATEGIC_MERGE }
    : { patch: createMergePatch(from, to) as object, contentType: JSON_MERGE };
}

/** Sends a patch; returns the object as it then is. */
export async function patchObject(
  invocation: Invocation,
  info: Info,
  patch: unknown,
  contentType: string,
  { dryRun = 'none', subresource = '' }: { dryRun?: DryRun; subresource?: string } = {},
): Promise<KubernetesObject> {
  const { flags, api } = invocation;
  return api.request('PATCH', resourcePath(info.mapping, info.namespace, info.name, subresource), {
    query: {
      dryRun: dryRun === 'server' ? 'All' : undefined,
      fieldManager: flags.has('field-manager') ? flags.string('field-manager') : undefined,
    },
    contentType,
    body: patch,
  });
}

/**
 * Applies `change` to a copy and patches the difference. Undefined when nothing changed; with a client dry
 * run the changed copy.
 */
export async function changeObject(
  invocation: Invocation,
  info: Info,
  dryRun: DryRun,
  change: (copy: KubernetesObject) => void,
): Promise<KubernetesObject | undefined> {
  const copy = structuredClone(info.object) as KubernetesObject;
  change(copy);
  const { patch, contentType } = difference(info, info.object, copy);
  if (Object.keys(patch).length === 0) return undefined;
  return dryRun === 'client' ? copy : patchObject(invocation, info, patch, contentType, { dryRun });
}

/** The pod template or pod spec that an object has; undefined for kinds without one. */
export function podSpecOf(object: KubernetesObject): Record<string, any> | undefined {
  if (object.kind === 'Pod') return object.spec;
  if (object.kind === 'CronJob') return object.spec?.jobTemplate?.spec?.template?.spec;
  return object.spec?.template?.spec;
}
