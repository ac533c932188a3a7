/** Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController and ControllerRevision. */
import { isPercent } from '../int-or-string.ts';
import { selectorFromSet, selectorOf } from '../labels.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from './field-errors.ts';
import {
  IMMUTABLE,
  nonnegative,
  semanticEqual,
  validateImmutable,
  validateLabelSelector,
  validateNonnegative,
} from './metadata.ts';
import { isDNS1123Label } from './names.ts';
import { validatePodTemplateSpec } from './pod.ts';
import { validateClaimSpec } from './storage.ts';
import type { KindValidation } from './validate.ts';

const MISMATCH = '`selector` does not match template `labels`';

/** A selector that is required, not empty, and matches the template. */
function validateSelector(spec: any, kind: string, errors: FieldError[]): void {
  const { selector } = spec;
  if (!selector) errors.push(required('spec.selector'));
  else {
    validateLabelSelector(selector, 'spec.selector', errors);
    if (isEmptySelector(selector))
      errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
}

const isEmptySelector = (selector: any) =>
  !Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length;

/** Whether the selector is well-formed and matches; a bad selector is reported where it stands. */
function validateMatch(spec: any, complaint: string, errors: FieldError[]): boolean {
  const labels = spec.template?.metadata?.labels;
  try {
    const selector = selectorOf(spec.selector);
    if (!selector.matches(labels) && !selector.empty)
      errors.push(invalid('spec.template.metadata.labels', labels ?? null, MISMATCH));
    return true;
  } catch {
    errors.push(invalid('spec.selector', shown(spec.selector), complaint));
    return false;
  }
}

/** A selector with its fields in Go's order, whatever the client's. */
const shown = ({ matchLabels, matchExpressions }: any) => ({
  ...(matchLabels ? { matchLabels } : {}),
  ...(matchExpressions ? { matchExpressions } : {}),
});

/** Pods of a controller that replaces them start again for ever, and never end of themselves. */
function validateReplacedPod(spec: any, kind: string, errors: FieldError[]): void {
  const pod = spec.template?.spec ?? {};
  if (pod.restartPolicy && pod.restartPolicy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', pod.restartPolicy, ['Always']));
  if (pod.activeDeadlineSeconds !== undefined)
    errors.push(
      forbidden(
        'spec.template.spec.activeDeadlineSeconds',
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
    );
}

/** `ValidatePodTemplateSpecForReplicaSet`; a Deployment and a ReplicaSet share it. */
function validateReplicaTemplate(
  spec: any,
  errors: FieldError[],
  complaint = 'invalid label selector',
  kind = 'ReplicaSet',
): void {
  // The template of a workload with a malformed selector is not looked at.
  if (!validateMatch(spec, complaint, errors)) return;
  validatePodTemplateSpec(spec.template, 'spec.template', errors);
  validateReplacedPod(spec, kind, errors);
}

function createDeployment(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateNonnegative(spec.replicas, 'spec.replicas', errors);
  validateSelector(spec, 'deployment', errors);
  validateReplicaTemplate(spec, errors);
  validateDeploymentStrategy(spec.strategy ?? {}, errors);
  validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonnegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return;
  validateNonnegative(deadline, 'spec.progressDeadlineSeconds', errors);
  if (deadline <= (spec.minReadySeconds ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
}

function validateDeploymentStrategy(strategy: any, errors: FieldError[]): void {
  const at = 'spec.strategy';
  switch (strategy.type) {
    case 'Recreate':
      if (strategy.rollingUpdate)
        errors.push(
          forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"),
        );
      break;
    case 'RollingUpdate':
      if (!strategy.rollingUpdate)
        errors.push(required(`${at}.rollingUpdate`, 'this should be defaulted and never be nil'));
      else validateRollingUpdate(strategy.rollingUpdate, `${at}.rollingUpdate`, errors);
      break;
    default: {
      const shown = { Type: strategy.type ?? '', RollingUpdate: shownUpdate(strategy.rollingUpdate) };
      errors.push(notSupported(at, shown, ['Recreate', 'RollingUpdate']));
    }
  }
}

/** A rolling update as the server's internal type prints. */
const shownUpdate = (update: any) =>
  update ? { MaxUnavailable: update.maxUnavailable ?? 0, MaxSurge: update.maxSurge ?? 0 } : null;

const PERCENT_FORM =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A count or a percentage; whether it is one. */
export function validatePositiveIntOrPercent(
  value: number | string | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (typeof value === 'string') {
    if (!isPercent(value)) errors.push(invalid(path, value, PERCENT_FORM));
  } else if ((value ?? 0) < 0) errors.push(nonnegative(path, value));
}

export function isNotMoreThan100Percent(
  value: number | string | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (typeof value === 'string' && isPercent(value) && Number(value.slice(0, -1)) > 100)
    errors.push(invalid(path, value, 'must not be greater than 100%'));
}

/** Zero as the rolling update sees it: `0` and `0%`. */
const amount = (value: number | string | undefined) =>
  typeof value === 'string' ? (isPercent(value) ? Number(value.slice(0, -1)) : 0) : (value ?? 0);

function validateRollingUpdate(update: any, path: string, errors: FieldError[]): void {
  const { maxUnavailable, maxSurge } = update;
  validatePositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`, errors);
  validatePositiveIntOrPercent(maxSurge, `${path}.maxSurge`, errors);
  if (amount(maxUnavailable) === 0 && amount(maxSurge) === 0)
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  isNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`, errors);
}

function updateDeployment(next: any, old: any, errors: FieldError[]): void {
  validateImmutable(next.spec.selector, old.spec.selector, 'spec.selector', errors);
}

function deploymentStatus(next: any, old: any, errors: FieldError[]): void {
  const status = next.status ?? {};
  for (const field of [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ])
    validateNonnegative(status[field], `status.${field}`, errors);
  if ((status.collisionCount ?? 0) < (old.status?.collisionCount ?? 0))
    errors.push(invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented'));
  const total = status.replicas ?? 0;
  const more = 'cannot be greater than status.replicas';
  for (const field of ['updatedReplicas', 'readyReplicas', 'availableReplicas'])
    if ((status[field] ?? 0) > total) errors.push(invalid(`status.${field}`, status[field], more));
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
    errors.push(
      invalid('status.availableReplicas', status.availableReplicas, 'cannot be greater than readyReplicas'),
    );
}

function createReplicaSet(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateNonnegative(spec.replicas, 'spec.replicas', errors);
  validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateSelector(spec, 'deployment', errors);
  validateReplicaTemplate(spec, errors);
}

function replicaSetStatus(next: any, _old: any, errors: FieldError[]): void {
  const status = next.status ?? {};
  const fields = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  for (const field of [...fields, 'observedGeneration', 'terminatingReplicas'])
    validateNonnegative(status[field], `status.${field}`, errors);
  for (const field of fields.slice(1))
    if ((status[field] ?? 0) > (status.replicas ?? 0))
      errors.push(invalid(`status.${field}`, status[field], 'cannot be greater than status.replicas'));
}

function createDaemonSet(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateLabelSelector(spec.selector, 'spec.selector', errors);
  const labels = spec.template?.metadata?.labels;
  let matches = false;
  try {
    const selector = selectorOf(spec.selector);
    matches = selector.empty || selector.matches(labels);
  } catch {
    // Reported above, field by field.
  }
  if (!matches) errors.push(invalid('spec.template.metadata.labels', labels ?? null, MISMATCH));
  if (spec.selector && isEmptySelector(spec.selector))
    errors.push(invalid('spec.selector', shown(spec.selector), 'empty selector is invalid for daemonset'));
  validatePodTemplateSpec(spec.template, 'spec.template', errors);
  validateReplacedPod(spec, 'DaemonSet', errors);
  validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateDaemonSetStrategy(spec.updateStrategy ?? {}, errors);
  validateNonnegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
}

function validateDaemonSetStrategy(strategy: any, errors: FieldError[]): void {
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') {
    const shown = { Type: strategy.type ?? '', RollingUpdate: shownUpdate(strategy.rollingUpdate) };
    errors.push(notSupported('spec.updateStrategy', shown, ['RollingUpdate', 'OnDelete']));
    return;
  }
  const at = 'spec.updateStrategy.rollingUpdate';
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
  validatePositiveIntOrPercent(maxUnavailable, `${at}.maxUnavailable`, errors);
  validatePositiveIntOrPercent(maxSurge, `${at}.maxSurge`, errors);
  isNotMoreThan100Percent(maxUnavailable, `${at}.maxUnavailable`, errors);
  isNotMoreThan100Percent(maxSurge, `${at}.maxSurge`, errors);
  const [unavailable, surge] = [amount(maxUnavailable), amount(maxSurge)];
  if (unavailable !== 0 && surge !== 0)
    errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  else if (unavailable === 0 && surge === 0)
    errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
}

function createStatefulSet(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  const policy = spec.podManagementPolicy;
  if (!policy) errors.push(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  validateStatefulSetStrategy(spec.updateStrategy ?? {}, errors);
  const retention = spec.persistentVolumeClaimRetentionPolicy ?? {};
  for (const field of ['whenDeleted', 'whenScaled'])
    if (retention[field] && retention[field] !== 'Retain' && retention[field] !== 'Delete')
      errors.push(
        notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, retention[field], [
          'Retain',
          'Delete',
        ]),
      );
  validateNonnegative(spec.replicas, 'spec.replicas', errors);
  validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonnegative(spec.ordinals?.start, 'spec.ordinals.start', errors);
  spec.volumeClaimTemplates?.forEach((claim: any, index: number) => {
    validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`, errors);
  });
  if (spec.serviceName)
    for (const message of isDNS1123Label(spec.serviceName))
      errors.push(invalid('spec.serviceName', spec.serviceName, message));
  validateSelector(spec, 'statefulset', errors);
  validateReplicaTemplate(withClaimVolumes(spec), errors, '', 'StatefulSet');
}

/** Each claim becomes a volume of its name, in front of the template's own. */
function withClaimVolumes(spec: any): any {
  const claims: any[] = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0 || !spec.template?.spec) return spec;
  const names = claims.map((claim) => claim.metadata?.name ?? '');
  const volumes = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const own = (spec.template.spec.volumes ?? []).filter((volume: any) => !names.includes(volume.name));
  const podSpec = { ...spec.template.spec, volumes: [...volumes, ...own] };
  return { ...spec, template: { ...spec.template, spec: podSpec } };
}

function validateStatefulSetStrategy(strategy: any, errors: FieldError[]): void {
  const at = 'spec.updateStrategy';
  const { type, rollingUpdate } = strategy;
  const shown = rollingUpdate && {
    Partition: rollingUpdate.partition ?? 0,
    MaxUnavailable: rollingUpdate.maxUnavailable ?? null,
  };
  if (!type) errors.push(required(at));
  else if (type === 'OnDelete') {
    if (rollingUpdate)
      errors.push(invalid(`${at}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type === 'RollingUpdate')
    validateNonnegative(rollingUpdate?.partition, `${at}.rollingUpdate.partition`, errors);
  else
    errors.push(
      invalid(at, { Type: type, RollingUpdate: shown ?? null }, "must be 'RollingUpdate' or 'OnDelete'"),
    );
}

const STATEFUL_SET_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function updateStatefulSet(next: any, old: any, errors: FieldError[]): void {
  const rest = (spec: any) => {
    const copy = { ...spec };
    for (const field of STATEFUL_SET_MUTABLE) delete copy[field];
    return copy;
  };
  if (semanticEqual(rest(next.spec), rest(old.spec))) return;
  const names = STATEFUL_SET_MUTABLE.map((field) => `'${field}'`);
  errors.push(
    forbidden(
      'spec',
      `updates to statefulset spec for fields other than ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are forbidden`,
    ),
  );
}

function createReplicationController(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  if (!Object.keys(spec.selector ?? {}).length) errors.push(required('spec.selector'));
  validateNonnegative(spec.replicas, 'spec.replicas', errors);
  if (!spec.template) {
    errors.push(required('spec.template'));
    return;
  }
  const labels = spec.template.metadata?.labels;
  if (!selectorFromSet(spec.selector).matches(labels))
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, MISMATCH));
  validatePodTemplateSpec(spec.template, 'spec.template', errors);
  validateReplacedPod(spec, 'ReplicationController', errors);
}

function updateControllerRevision(next: any, old: any, errors: FieldError[]): void {
  if (!semanticEqual(next.data, old.data)) errors.push(invalid('data', next.data, IMMUTABLE));
}

export const workloadValidators: Record<string, KindValidation> = {
  'apps/Deployment': { create: createDeployment, update: updateDeployment, status: deploymentStatus },
  'apps/ReplicaSet': { create: createReplicaSet, update: updateDeployment, status: replicaSetStatus },
  'apps/DaemonSet': { create: createDaemonSet, update: updateDeployment },
  'apps/StatefulSet': { name: isDNS1123Label, create: createStatefulSet, update: updateStatefulSet },
  'apps/ControllerRevision': { update: updateControllerRevision },
  '/ReplicationController': { create: createReplicationController },
};
