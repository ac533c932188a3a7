/**
 * What Knative refuses, in its words (`validation.webhook.serving.knative.dev`: pkg/apis/serving and
 * pkg/apis/autoscaling). Left out: what Kubernetes refuses about a pod anyway, features that are off and could be
 * switched on (`config-features`), security contexts.
 */
import { parseDuration } from '../../api/duration.ts';
import { deepEqual } from '../../api/equality.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { Container } from '../../client/kinds.ts';
import { FieldErrors } from '../field-errors.ts';
import { scalingAnnotation } from './autoscaler-config.ts';
import {
  CREATOR,
  LAST_MODIFIER,
  PROGRESS_DEADLINE,
  type RevisionSpec,
  type RevisionTemplate,
  type TrafficTarget,
} from './kinds.ts';

const AUTOSCALING = 'autoscaling.knative.dev';
const MAX_TIMEOUT_SECONDS = 600;
const MAX_CONCURRENCY = 1000;
const WINDOW_MIN_MS = 6000;
const WINDOW_MAX_MS = 3_600_000;
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const DNS_1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const RESERVED_VARIABLES = ['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'];
const RESERVED_PORTS = [8012, 8013, 8022, 9090, 9091, 8008];
const PORT_NAMES = ['h2c', 'http1', ''];
/** Of a pod's specification what Knative leaves to the learner. */
const POD_FIELDS = [
  'containers',
  'serviceAccountName',
  'volumes',
  'imagePullSecrets',
  'enableServiceLinks',
  'containerConcurrency',
  'timeoutSeconds',
  'idleTimeoutSeconds',
  'responseStartTimeoutSeconds',
];
const CONTAINER_FIELDS = [
  'name',
  'args',
  'command',
  'env',
  'workingDir',
  'envFrom',
  'image',
  'imagePullPolicy',
  'livenessProbe',
  'ports',
  'readinessProbe',
  'resources',
  'securityContext',
  'startupProbe',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'volumeMounts',
];

/** What is wrong with an object of the group; `old` is what is there already. */
export function validateServing(object: KubernetesObject, old: KubernetesObject | undefined): FieldErrors {
  const errors = new FieldErrors();
  const { kind, metadata, spec } = object;
  if (!DNS_1035.test(metadata.name ?? '') && metadata.name)
    errors.add(`not a DNS 1035 label: [${DNS_1035_MESSAGE}]`, 'metadata.name');
  if (kind === 'Revision') {
    checkScaling(metadata.annotations, 'metadata.annotations', errors);
    if (old && !deepEqual(old.spec, spec))
      errors.add(
        'Immutable fields changed (-old +new)',
        'spec',
        difference('v1.RevisionSpec', old.spec, spec),
      );
    if (!old) checkRevision(spec, 'spec', errors);
    return errors;
  }
  for (const key of Object.keys(metadata.annotations ?? {}))
    if (key.startsWith(AUTOSCALING))
      errors.add(
        `invalid key name ${JSON.stringify(key)}`,
        'metadata.annotations',
        'autoscaling annotations must be put under "spec.template.metadata.annotations" to work',
      );
  if (old) checkAuthors(object, old, errors);
  const { template, traffic } = (spec ?? {}) as { template?: RevisionTemplate; traffic?: TrafficTarget[] };
  if (kind !== 'Route') {
    checkTemplate(template, metadata.name ?? '', errors);
    const before = old?.spec?.template as RevisionTemplate | undefined;
    const name = template?.metadata?.name;
    if (before && name && name === before.metadata?.name && !deepEqual(before, template))
      errors.add(
        'Saw the following changes without a name change (-old +new)',
        'spec.template.metadata.name',
        difference('*v1.RevisionTemplateSpec', before, template),
      );
  }
  if (kind !== 'Configuration') checkTraffic(traffic ?? [], kind === 'Service', errors);
  return errors;
}

/** Who made an object and who changed it last is the webhook's to say. */
function checkAuthors(object: KubernetesObject, old: KubernetesObject, errors: FieldErrors): void {
  if (object.metadata.ownerReferences?.length) return;
  const before = old.metadata.annotations ?? {};
  const after = object.metadata.annotations ?? {};
  if (before[CREATOR] !== after[CREATOR])
    errors.add('annotation value is immutable', `metadata.annotations.${CREATOR}`);
  if (deepEqual(old.spec, object.spec) && before[LAST_MODIFIER] !== after[LAST_MODIFIER])
    errors.invalid(after[LAST_MODIFIER] ?? '', `metadata.annotations.${LAST_MODIFIER}`);
}

function checkTemplate(template: RevisionTemplate | undefined, parent: string, errors: FieldErrors): void {
  const path = 'spec.template';
  checkRevision(template?.spec, `${path}.spec`, errors);
  const { name, annotations } = template?.metadata ?? {};
  checkScaling(annotations, `${path}.metadata.annotations`, errors);
  if (name) {
    if (!DNS_1035.test(name))
      errors.invalid(`not a DNS 1035 label: [${DNS_1035_MESSAGE}]`, `${path}.metadata.name`);
    else if (!name.startsWith(`${parent}-`))
      errors.invalid(`"${name}" must have prefix "${parent}-"`, `${path}.metadata.name`);
  }
  const deadline = annotations?.[PROGRESS_DEADLINE];
  if (deadline && durationMs(deadline) === undefined)
    errors.invalid(deadline, `${path}.metadata.annotations.${PROGRESS_DEADLINE}`);
}

function checkRevision(spec: RevisionSpec | undefined, path: string, errors: FieldErrors): void {
  const { containers = [], timeoutSeconds, containerConcurrency, volumes = [] } = spec ?? {};
  const denied = Object.keys(spec ?? {}).filter((field) => !POD_FIELDS.includes(field));
  if (denied.length > 0) errors.disallowed(...denied.map((field) => `${path}.${field}`));
  if (timeoutSeconds !== undefined && (timeoutSeconds < 0 || timeoutSeconds > MAX_TIMEOUT_SECONDS))
    errors.outOfBounds(timeoutSeconds, 0, MAX_TIMEOUT_SECONDS, `${path}.timeoutSeconds`);
  if (
    containerConcurrency !== undefined &&
    (containerConcurrency < 0 || containerConcurrency > MAX_CONCURRENCY)
  )
    errors.outOfBounds(containerConcurrency, 0, MAX_CONCURRENCY, `${path}.containerConcurrency`);
  if (containers.length === 0) return errors.missing(`${path}.containers`);
  const ports = containers.reduce((sum, each) => sum + (each.ports?.length ?? 0), 0);
  if (ports === 0 && containers.length > 1) errors.missing(`${path}.containers[*].ports`);
  if (ports > 1)
    errors.add(
      'more than one container port is set',
      `${path}.containers[*].ports`,
      'Only a single port is allowed across all containers',
    );
  const mounted = new Set(containers.flatMap((each) => each.volumeMounts?.map(({ name }) => name) ?? []));
  for (const [index, { name }] of volumes.entries())
    if (!mounted.has(name))
      errors.add(`volume with name "${name}" not mounted`, `${path}.volumes[${index}].name`);
  const names = new Set(volumes.map(({ name }) => name));
  for (const [index, container] of containers.entries())
    checkContainer(container, names, `${path}.containers[${index}]`, errors);
}

function checkContainer(
  container: Container,
  volumes: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  const denied = Object.keys(container).filter((field) => !CONTAINER_FIELDS.includes(field));
  if (denied.length > 0) errors.disallowed(...denied.map((field) => `${path}.${field}`));
  if (container.name === 'queue-proxy')
    errors.add('"queue-proxy" is a reserved container name', `${path}.name`);
  if (!container.image) errors.missing(`${path}.image`);
  for (const [index, { name }] of (container.env ?? []).entries()) {
    if (!name) errors.missing(`${path}.env[${index}].name`);
    else if (RESERVED_VARIABLES.includes(name))
      errors.add(`"${name}" is a reserved environment variable`, `${path}.env[${index}].name`);
  }
  for (const port of container.ports ?? []) {
    if (RESERVED_PORTS.includes(port.containerPort))
      errors.add(`${port.containerPort} is a reserved port`, `${path}.ports.containerPort`);
    if (!PORT_NAMES.includes(port.name ?? ''))
      errors.add(
        `Port name ${port.name} is not allowed`,
        `${path}.ports`,
        "Name must be empty, or one of: 'h2c', 'http1'",
      );
  }
  for (const [index, { name, mountPath }] of (container.volumeMounts ?? []).entries()) {
    if (!volumes.has(name))
      errors.add('volumeMount has no matching volume', `${path}.volumeMounts[${index}].name`);
    if (['/', '/dev', '/dev/log'].includes(mountPath))
      errors.add(`mountPath "${mountPath}" is a reserved path`, `${path}.volumeMounts[${index}].mountPath`);
  }
}

function checkScaling(
  annotations: Record<string, string> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const own = (name: string) => scalingAnnotation(annotations, name);
  const key = (name: string) => `${path}.${AUTOSCALING}/${name}`;
  const bound = (name: string): number => {
    const text = own(name);
    if (text === undefined) return 0;
    const value = Number(text);
    if (!/^-?\d+$/.test(text)) errors.invalid(text, key(name));
    else if (value < 0) errors.outOfBounds(value, 0, 2_147_483_647, key(name));
    return value;
  };
  const min = bound('min-scale');
  const max = bound('max-scale');
  if (max !== 0 && max < min)
    errors.add(`max-scale=${max} is less than min-scale=${min}`, [key('max-scale'), key('min-scale')]);
  const initial = own('initial-scale');
  if (initial !== undefined && !/^\d+$/.test(initial)) errors.invalid(initial, key('initial-scale'));
  else if (initial === '0') errors.invalid(initial, `${key('initial-scale')}=0 not allowed by cluster`);
  const target = own('target');
  if (target !== undefined) {
    if (Number.isNaN(Number(target))) errors.invalid(target, key('target'));
    else if (Number(target) < 0.01) errors.add(`target ${target} should be at least 0.01`, key('target'));
  }
  const utilization = own('target-utilization-percentage');
  if (utilization !== undefined) {
    if (Number.isNaN(Number(utilization))) errors.invalid(utilization, key('target-utilization-percentage'));
    else if (Number(utilization) < 1 || Number(utilization) > 100)
      errors.outOfBounds(utilization, 1, 100, key('target-utilization-percentage'));
  }
  const window = own('window');
  if (window !== undefined) {
    const ms = durationMs(window);
    if (ms === undefined) errors.invalid(window, key('window'));
    else if (ms < WINDOW_MIN_MS || ms > WINDOW_MAX_MS)
      errors.outOfBounds(window, '6s', '1h0m0s', key('window'));
    else if (ms % 1000 !== 0) errors.add('must be specified with at most second precision', key('window'));
  }
  for (const name of ['scale-to-zero-pod-retention-period', 'scale-down-delay']) {
    const text = own(name);
    if (text === undefined) continue;
    const ms = durationMs(text);
    if (ms === undefined) errors.invalid(text, key(name));
    else if (ms < 0 || ms > WINDOW_MAX_MS) errors.outOfBounds(text, '0s', '1h0m0s', key(name));
  }
  const metric = own('metric');
  if (metric !== undefined && metric !== 'concurrency' && metric !== 'rps')
    errors.invalid(metric, key('metric'));
}

function checkTraffic(traffic: readonly TrafficTarget[], isService: boolean, errors: FieldErrors): void {
  const tags = new Map<string, number>();
  let sum = 0;
  for (const [index, target] of traffic.entries()) {
    const path = `spec.traffic[${index}]`;
    const { revisionName, configurationName, latestRevision, percent, tag } = target;
    if (latestRevision !== undefined && Boolean(revisionName) === latestRevision)
      errors.add(
        `may not set revisionName ${JSON.stringify(revisionName ?? '')} when latestRevision is ${latestRevision}`,
        `${path}.latestRevision`,
      );
    if (isService && configurationName) errors.disallowed(`${path}.configurationName`);
    else if (revisionName && configurationName)
      errors.multipleOneOf(`${path}.revisionName`, `${path}.configurationName`);
    else if (!isService && !revisionName && !configurationName)
      errors.missingOneOf(`${path}.revisionName`, `${path}.configurationName`);
    if (percent !== undefined && (percent < 0 || percent > 100))
      errors.outOfBounds(percent, 0, 100, `${path}.percent`);
    if (target.url) errors.disallowed(`${path}.url`);
    sum += percent ?? 0;
    if (!tag) continue;
    if (!DNS_1035.test(tag)) errors.invalid(`not a DNS 1035 label: [${DNS_1035_MESSAGE}]`, `${path}.tag`);
    const other = tags.get(tag);
    if (other !== undefined)
      errors.add(`Multiple definitions for "${tag}"`, [`${path}.tag`, `spec.traffic[${other}].tag`]);
    else tags.set(tag, index);
  }
  if (sum !== 100) errors.add(`Traffic targets sum to ${sum}, want 100`, 'spec.traffic');
}

/** Milliseconds of a Go duration; undefined: it is none. */
function durationMs(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

/** What differs, field by field, as go-cmp's short form names it. */
function difference(type: string, before: unknown, after: unknown): string {
  const lines: string[] = [];
  const walk = (path: string, a: unknown, b: unknown): void => {
    if (deepEqual(a, b)) return;
    if (isPlain(a) && isPlain(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        walk(`${path}.${goName(key)}`, a[key], b[key]);
    } else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
      a.forEach((item, index) => walk(`${path}[${index}]`, item, b[index]));
    else
      lines.push(
        `${path}:`,
        `\t-: ${JSON.stringify(a) ?? '<zero>'}`,
        `\t+: ${JSON.stringify(b) ?? '<zero>'}`,
      );
  };
  walk(`{${type}}`, before, after);
  return `${lines.join('\n')}\n`;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const goName = (key: string): string => key[0]!.toUpperCase() + key.slice(1);
