/**
 * Admission: plugins that change or refuse a write after it was authorised. Their order is that of
 * kube-apiserver's `AllOrderedPlugins`; those that only look come after the kind's own validation.
 */
import type { KubernetesObject } from '../../api/object.ts';
import type { ResourceInfo } from '../../api/schema.ts';
import { StatusError } from '../../api/status.ts';
import type { StatusCause } from '../../api/status.ts';
import type { RequestContext } from '../registry/strategy.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { validatingAdmissionPolicy } from './policy/validating-admission-policy.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { serviceAccount } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { mutatingWebhook, validatingWebhook } from './webhook/webhook.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface AdmissionPlugin {
  /** As in `--enable-admission-plugins`. */
  readonly name: string;
  /** `group/resource`s it is about; undefined for all. */
  readonly resources?: readonly string[];
  /** May replace parts of the draft. Throws to refuse. */
  mutate?(
    operation: 'CREATE' | 'UPDATE',
    draft: KubernetesObject,
    context: RequestContext,
    old: KubernetesObject | undefined,
  ): void;
  /** Throws to refuse. `object` is undefined for a delete, `old` for a create. */
  validate?(
    operation: Operation,
    object: KubernetesObject | undefined,
    old: KubernetesObject | undefined,
    context: RequestContext,
  ): void;
}

const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  mutatingWebhook,
  validatingAdmissionPolicy,
  validatingWebhook,
  resourceQuota,
];

/** The plugins that are about each resource, in their order. */
const relevant = new WeakMap<ResourceInfo, readonly AdmissionPlugin[]>();

function pluginsOf(resource: ResourceInfo): readonly AdmissionPlugin[] {
  let plugins = relevant.get(resource);
  if (!plugins) {
    const name = `${resource.group}/${resource.resource}`;
    plugins = PLUGINS.filter(({ resources }) => !resources || resources.includes(name));
    relevant.set(resource, plugins);
  }
  return plugins;
}

export function mutate(
  operation: 'CREATE' | 'UPDATE',
  draft: KubernetesObject,
  context: RequestContext,
  old: KubernetesObject | undefined,
): void {
  for (const plugin of pluginsOf(context.resource)) plugin.mutate?.(operation, draft, context, old);
}

export function validate(
  operation: Operation,
  object: KubernetesObject | undefined,
  old: KubernetesObject | undefined,
  context: RequestContext,
): void {
  for (const plugin of pluginsOf(context.resource)) plugin.validate?.(operation, object, old, context);
}

/** Says something in the request's audit event. */
export function annotate({ annotations }: RequestContext, key: string, value: string): void {
  if (annotations) annotations[key] = value;
}

/** `admission.NewForbidden`: `pods "a" is forbidden: why`. */
export function refuse(
  { resource, request }: RequestContext,
  object: KubernetesObject | undefined,
  why: string,
  causes?: StatusCause[],
): StatusError {
  const { group, resource: plural } = resource;
  const { name: own, generateName } = object?.metadata ?? {};
  const name = own ?? generateName ?? request.name ?? '';
  const qualified = group ? `${plural}.${group}` : plural;
  return new StatusError('Forbidden', `${qualified} ${JSON.stringify(name)} is forbidden: ${why}`, {
    ...(name && { name }),
    ...(group && { group }),
    kind: plural,
    ...(causes && { causes }),
  });
}
