/**
 * Subresources that are not a view of the object itself (`status` is, and needs nothing here): scale,
 * binding, eviction, tokens. One handler per `resource/subresource`, or one for all resources with a scale.
 */
import { timestamp } from '../../../core/clock.ts';
import { formatLabels, selectorOf } from '../../api/labels.ts';
import { applyMergePatch } from '../../api/merge-patch.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { conflict, notFound, StatusError } from '../../api/status.ts';
import { invalid, invalidObject } from '../../api/validation/field-errors.ts';
import { issueToken } from '../authentication/token-request.ts';
import { customScale } from './custom-scale.ts';
import { patched } from './patch.ts';
import type { Registry } from './registry.ts';
import type { RequestContext } from './strategy.ts';
import type { TokenAuthenticator } from '../authentication/tokens.ts';

export type SubresourceHandler = (
  context: RequestContext,
  registry: Registry,
  tokens: TokenAuthenticator,
) => KubernetesObject;

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/** The handler, or undefined for a subresource that the registry serves as the object (`status`). */
export function handlerOf({ request }: RequestContext): SubresourceHandler | undefined {
  const { resource, subresource, verb } = request;
  if (!subresource) return verb === 'create' && resource === 'bindings' ? HANDLERS.bindings : undefined;
  return HANDLERS[`${resource}/${subresource}`] ?? HANDLERS[`*/${subresource}`];
}

const HANDLERS: Record<string, SubresourceHandler> = {
  '*/scale': (context, registry) => (context.resource.custom ? customScale : scale)(context, registry),
  'pods/binding': (context, registry) => bind(context, registry),
  'pods/eviction': evict,
  'serviceaccounts/token': (context, _registry, tokens) => issueToken(context, tokens),
  // The way to bind a pod from before it had a subresource.
  bindings: (context, registry) => bind({ ...context, ...bindingOf(context) }, registry),
};

/** autoscaling/v1 Scale of a workload: `spec.replicas`, and the selector as text. */
function scale(context: RequestContext, registry: Registry): KubernetesObject {
  const { request } = context;
  const whole: RequestContext = { ...context, request: { ...request, subresource: undefined } };
  if (request.verb === 'get') return scaleOf(registry.get(whole));
  const updated = registry.updateObject(whole, (object) => {
    const current = scaleOf(object);
    const asked = (
      request.verb === 'patch' ? patchedScale(current, context) : request.body
    ) as KubernetesObject;
    const replicas = asked.spec?.replicas ?? 0;
    if (typeof replicas !== 'number' || replicas < 0)
      throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, request.name!, [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ]);
    const resourceVersion = asked.metadata?.resourceVersion;
    const metadata = { ...object.metadata };
    if (resourceVersion) metadata.resourceVersion = resourceVersion;
    else delete metadata.resourceVersion;
    return { ...object, metadata, spec: { ...object.spec, replicas } };
  });
  return scaleOf(updated);
}

export function patchedScale(current: KubernetesObject, context: RequestContext): unknown {
  const scaleType = { ...context.resource, group: 'autoscaling', version: 'v1', kind: 'Scale' };
  if (context.request.patchType === 'application/json-patch+json')
    return patched(current, { ...context, resource: scaleType });
  return applyMergePatch(current, context.request.body);
}

function scaleOf({ metadata, spec, status }: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector =
    spec.selector?.matchLabels || spec.selector?.matchExpressions
      ? selectorOf(spec.selector).toString()
      : formatLabels(spec.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, selector },
  };
}

/** What the scheduler decides: `spec.nodeName`, once. */
function bind(context: RequestContext, registry: Registry): KubernetesObject {
  const { request, resource, clock } = context;
  const binding = request.body as KubernetesObject & { target?: { kind?: string; name?: string } };
  const node = binding.target?.name;
  const kind = binding.target?.kind;
  const name = request.name!;
  checkNamed('Binding', binding, name);
  if (kind && kind !== 'Node')
    throw new StatusError(
      undefined,
      `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
    );
  if (!node) throw new StatusError(undefined, 'target.name: Required value');
  const whole: RequestContext = {
    ...context,
    request: { ...request, subresource: 'binding', verb: 'update' },
  };
  registry.updateObject(whole, (pod) => {
    const { uid } = binding.metadata ?? {};
    if (uid && uid !== pod.metadata.uid)
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
      );
    if (pod.metadata.deletionTimestamp)
      throw conflict(
        { group: '', resource: 'pods/binding' },
        name,
        `pod ${name} is being deleted, cannot be assigned to a host`,
      );
    if (pod.spec.nodeName)
      throw conflict(
        { group: '', resource: 'pods/binding' },
        name,
        `pod ${name} is already assigned to node "${pod.spec.nodeName}"`,
      );
    const scheduled = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(clock.now()),
    };
    const conditions = (pod.status?.conditions ?? []).filter((each: any) => each.type !== 'PodScheduled');
    const annotations = binding.metadata?.annotations;
    // It has a node now: room need no longer be kept for it elsewhere.
    const { nominatedNodeName: _, ...status } = pod.status ?? {};
    return {
      ...pod,
      metadata: annotations
        ? { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } }
        : pod.metadata,
      spec: { ...pod.spec, nodeName: node },
      status: { ...status, conditions: [...conditions, scheduled] },
    };
  });
  return { ...SUCCESS, code: 201 } as unknown as KubernetesObject;
}

/** What is posted to a pod's subresource names the pod, or nobody. */
function checkNamed(kind: string, { metadata }: Partial<KubernetesObject>, name: string): void {
  if (metadata?.name && metadata.name !== name)
    throw new StatusError('BadRequest', `name in URL does not match name in ${kind} object`);
}

/** A Binding that was posted by itself, as if to the pod that it names. */
function bindingOf({ request, resource }: RequestContext): Pick<RequestContext, 'request' | 'resource'> {
  const { name } = (request.body as KubernetesObject).metadata ?? {};
  const ofPod = { group: '', version: 'v1', resource: 'pods', kind: 'Pod' };
  return {
    request: { ...request, resource: 'pods', name: name ?? '', subresource: 'binding' },
    resource: { ...resource, ...ofPod },
  };
}

/** Deletes the pod unless a PodDisruptionBudget stands against it. */
function evict(context: RequestContext, registry: Registry): KubernetesObject {
  const { request, store, resource } = context;
  const name = request.name!;
  const eviction = (request.body ?? {}) as Partial<KubernetesObject>;
  checkNamed('Eviction', eviction, name);
  const pod = store.get('pods', `${request.namespace}/${name}`);
  if (!pod) throw notFound(resource, name);
  const { dryRun, ...asked } = eviction.deleteOptions ?? {};
  const options = { ...context.options, ...asked, ...(dryRun?.length && { dryRun: true }) };
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (!finished && !pod.metadata.deletionTimestamp && pod.status?.phase !== 'Pending') {
    const budgets = store
      .list('policy/poddisruptionbudgets', `${request.namespace}/`)
      .filter(({ spec }) => selectorOf(spec.selector).matches(pod.metadata.labels));
    if (budgets.length > 1)
      throw new StatusError(
        undefined,
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    if (budgets[0]) takeDisruption(budgets[0], pod, { ...context, options });
  }
  registry.delete({
    ...context,
    options,
    request: { ...request, subresource: undefined, verb: 'delete' },
  });
  return { ...SUCCESS, code: 201 } as unknown as KubernetesObject;
}

function takeDisruption(budget: KubernetesObject, pod: KubernetesObject, context: RequestContext): void {
  const { store, clock, options } = context;
  const { status, metadata, spec } = budget;
  const ready = pod.status?.conditions?.some((each: any) => each.type === 'Ready' && each.status === 'True');
  // A pod that is not ready may always go, or as long as the budget is met anyway.
  if (!ready) {
    if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return;
    if (status && status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0) return;
  }
  if (!status || (status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw new StatusError(
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${metadata.name} is still being processed by the server.`,
          },
        ],
        retryAfterSeconds: 10,
      },
    );
  if ((status.disruptionsAllowed ?? 0) <= 0)
    throw new StatusError(
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
          },
        ],
      },
    );
  if (options.dryRun) return;
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name!]: timestamp(clock.now()) };
  const next = {
    ...budget,
    metadata: { ...metadata },
    status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods },
  };
  store.put('policy/poddisruptionbudgets', `${metadata.namespace}/${metadata.name}`, next, budget);
}
