/**
 * Pod Security admission (`k8s.io/pod-security-admission`, 1.35): pods are refused by the level that their
 * namespace enforces; whoever writes a workload is warned; a namespace's labels are checked, and changing
 * them says which pods that are there would not be let in.
 *
 * Left out: exemptions, which are part of the plugin's configuration file and empty in a fresh cluster, and
 * the time limit on looking at pods of a namespace (their number is limited).
 */
import { controllerOf, type KubernetesObject } from '../../../api/object.ts';
import { invalidObject } from '../../../api/validation/field-errors.ts';
import type { RequestContext } from '../../registry/strategy.ts';
import { annotate, refuse, type AdmissionPlugin } from '../admission.ts';
import { violationsOf } from './checks.ts';
import {
  isPrivileged,
  isSame,
  isStricter,
  parsePolicy,
  policyOf,
  textOf,
  type LevelVersion,
  type Policy,
} from './levels.ts';
import { checkedPod, containersOf, type CheckedPod, type Violation } from './violation.ts';

/** Of the pods of a namespace whose labels change, so many are looked at. */
const MAX_PODS = 3000;
const ANNOTATION = 'pod-security.kubernetes.io/';
const IGNORED_SUBRESOURCES = new Set(['binding', 'eviction', 'status']);

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  resources: [
    '/namespaces',
    '/pods',
    '/podtemplates',
    '/replicationcontrollers',
    'apps/daemonsets',
    'apps/deployments',
    'apps/replicasets',
    'apps/statefulsets',
    'batch/cronjobs',
    'batch/jobs',
  ],
  validate(operation, object, old, context) {
    if (operation === 'DELETE') return;
    const { request, resource } = context;
    if (resource.resource === 'namespaces') {
      if (!request.subresource) checkNamespace(object!, old, context);
      return;
    }
    const namespace = context.store.get('namespaces', request.namespace!);
    if (!namespace) return;
    const policy = policyOf(namespace);
    if (isPrivileged(policy)) return;
    if (resource.resource === 'pods') {
      if (IGNORED_SUBRESOURCES.has(request.subresource ?? '')) return;
      if (old && !isSignificant(object!, old)) return;
      evaluate(policy, checkedPod(object!), object!, context, true);
    } else if (!request.subresource) {
      const template = templateOf(object!);
      if (template?.spec) evaluate(policy, checkedPod(template), object!, context, false);
    }
  },
};

function evaluate(
  policy: Policy,
  pod: CheckedPod,
  object: KubernetesObject,
  context: RequestContext,
  enforce: boolean,
): void {
  const found = (level: LevelVersion) => {
    const violations = violationsOf(level, pod);
    return violations.length > 0 ? `violate${enforced(level)}: ${described(violations)}` : undefined;
  };
  const enforced = (level: LevelVersion) => ` PodSecurity ${JSON.stringify(textOf(level))}`;
  if (enforce) annotate(context, `${ANNOTATION}enforce-policy`, textOf(policy.enforce));
  const audit = found(policy.audit);
  if (audit) annotate(context, `${ANNOTATION}audit-violations`, `would ${audit}`);
  if (enforce) {
    const violations = violationsOf(policy.enforce, pod);
    if (violations.length > 0)
      throw refuse(context, object, `violates${enforced(policy.enforce)}: ${described(violations)}`);
  }
  const warning = found(policy.warn);
  if (warning) context.warn(`would ${warning}`);
}

const described = (violations: Violation[]): string =>
  violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');

/** The pod that a workload makes. */
function templateOf({ kind, template, spec }: KubernetesObject): any {
  if (kind === 'PodTemplate') return template;
  return kind === 'CronJob' ? spec.jobTemplate?.spec?.template : spec.template;
}

/** Of what may change in a pod only new containers and images matter. */
function isSignificant(pod: KubernetesObject, old: KubernetesObject): boolean {
  const images = ({ spec, metadata }: KubernetesObject) =>
    new Map(containersOf(checkedPod({ metadata, spec })).map(({ name, image }) => [name, image]));
  const before = images(old);
  const after = images(pod);
  return before.size !== after.size || [...after].some(([name, image]) => before.get(name) !== image);
}

function checkNamespace(
  namespace: KubernetesObject,
  old: KubernetesObject | undefined,
  context: RequestContext,
): void {
  const policy = parsePolicy(namespace.metadata.labels);
  const before = old && parsePolicy(old.metadata.labels);
  if (policy.errors.length > 0 && JSON.stringify(policy.errors) !== JSON.stringify(before?.errors))
    throw invalidObject({ group: '', kind: 'Namespace' }, namespace.metadata.name!, [...policy.errors]);
  if (!before) return;
  const { enforce } = policy;
  if (isSame(enforce, before.enforce) || enforce.level === 'privileged') return;
  if (enforce.minor === before.enforce.minor && !isStricter(enforce.level, before.enforce.level)) return;
  for (const warning of warningsFor(namespace.metadata.name!, enforce, context)) context.warn(warning);
}

/** What is said of the pods that a namespace has and that its new level would not let in. */
function warningsFor(name: string, enforce: LevelVersion, { store }: RequestContext): string[] {
  const pods = oneOfEachControllerFirst(store.list('pods', `${name}/`));
  const checked = pods.slice(0, MAX_PODS);
  const podsByReason = new Map<string, string[]>();
  for (const pod of checked) {
    const reason = violationsOf(enforce, checkedPod(pod))
      .map((violation) => violation.reason)
      .join(', ');
    if (!reason) continue;
    const names = podsByReason.get(reason) ?? [];
    podsByReason.set(reason, [...names, pod.metadata.name!]);
  }
  const warnings: string[] = [];
  if (checked.length < pods.length)
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`,
    );
  if (podsByReason.size > 0)
    warnings.push(
      `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(textOf(enforce))}`,
    );
  const lines = [...podsByReason].map(([reason, names]) => {
    const [first] = names.sort();
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
    return `${first}${more}: ${reason}`;
  });
  return [...warnings, ...lines.sort()];
}

function oneOfEachControllerFirst(pods: KubernetesObject[]): KubernetesObject[] {
  const seen = new Set<string>();
  const first: KubernetesObject[] = [];
  const rest: KubernetesObject[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod)?.uid;
    if (owner && seen.has(owner)) rest.push(pod);
    else first.push(pod);
    if (owner) seen.add(owner);
  }
  return [...first, ...rest];
}
