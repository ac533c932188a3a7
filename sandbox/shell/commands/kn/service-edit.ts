/**
 * The flags that change a Service's template, and what they do to it (client/pkg/commands/service/configuration_edit_flags.go
 * and pkg/flags/podspec.go). Left out: profiles, probes, node selectors and tolerations, security contexts, and images that
 * are locked to their digests: a revision's status names none here.
 */
import { sha256 } from '../../../core/sha256.ts';
import { encode } from '../../../core/bytes.ts';
import { timestamp } from '../../../core/clock.ts';
import { CommandError } from '../kubectl/errors.ts';
import { flag, type Arguments, type Flag } from '../kubectl/flags.ts';
import type { Invocation } from '../kubectl/invocation.ts';
import type { Container, Service, Template } from './objects.ts';

const AUTOSCALING = 'autoscaling.knative.dev';
const UPDATE_TIMESTAMP = 'client.knative.dev/updateTimestamp';
const USER_IMAGE = 'client.knative.dev/user-image';
const VISIBILITY = 'networking.knative.dev/visibility';
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz';

/** Flags that make a new revision. */
const REVISION_FLAGS: readonly Flag[] = [
  flag('image', '', 'Image to run.'),
  flag('env,e', [], 'Environment variable to set. NAME=value; to unset, specify the name followed by a "-".'),
  flag(
    'env-from',
    [],
    'Add environment variables from a ConfigMap (prefix cm:) or a Secret (prefix secret:).',
  ),
  flag(
    'mount',
    [],
    'Mount a ConfigMap (prefix cm:), a Secret (prefix secret:) or an emptyDir (prefix emptyDir:).',
  ),
  flag('port,p', '', 'The port where application listens on, in the format NAME:PORT.'),
  flag('cmd', [], 'Specify command to be used as entrypoint instead of default one.'),
  flag('arg', [], 'Add argument to the container command.'),
  flag('request', [], 'The resource requirement requests, e.g. cpu=100m,memory=256Mi.', { kind: 'strings' }),
  flag('limit', [], 'The resource requirement limits, e.g. cpu=1,memory=1Gi.', { kind: 'strings' }),
  flag(
    'pull-policy',
    '',
    'Image pull policy. Valid values (case insensitive): Always | Never | IfNotPresent.',
  ),
  flag('service-account', '', 'Service account name to set.'),
  flag('scale', '', 'Set the Minimum and Maximum number of replicas, e.g. 5, 1..5, 1.. or ..5.'),
  flag('scale-min', 0, 'Minimum number of replicas.'),
  flag('scale-max', 0, 'Maximum number of replicas.'),
  flag('scale-init', 0, 'Initial number of replicas with which a service starts.'),
  flag('scale-activation', 0, 'Minimum non-zero value that a service should scale to.'),
  flag('scale-metric', '', 'The metric the PodAutoscaler should scale on: concurrency or rps.'),
  flag('scale-target', 0, 'What metric value the PodAutoscaler should attempt to maintain.'),
  flag('scale-utilization', 70, 'Percentage of concurrent requests utilization before scaling up.'),
  flag('scale-window', '', 'Duration to look back for making auto-scaling decisions, e.g. 10s.'),
  flag('concurrency-limit', 0, 'Hard limit of concurrent requests to be processed by a single replica.'),
  flag('timeout', 300, 'Seconds that a request may take to begin its reply.'),
  flag(
    'revision-name',
    '',
    'The revision name to set; {{.Service}}, {{.Generation}} and {{.Random [n]}} are understood.',
  ),
  flag('label,l', [], 'Labels to set for both Service and Revision. name=value, or name- to unset.'),
  flag('label-revision', [], 'Revision label to set. name=value, or name- to unset.'),
  flag('label-service', [], 'Service label to set. name=value, or name- to unset.'),
  flag(
    'annotation,a',
    [],
    'Annotations to set for both Service and Revision. name=value, or name- to unset.',
  ),
  flag('annotation-revision', [], 'Revision annotation to set. name=value, or name- to unset.'),
  flag('annotation-service', [], 'Service annotation to set. name=value, or name- to unset.'),
];

export const EDIT_FLAGS: readonly Flag[] = [
  ...REVISION_FLAGS,
  flag('cluster-local', false, 'Specify that the service be private.'),
  flag('no-cluster-local', false, 'Do not specify that the service be private.'),
  flag('lock-to-digest', true, 'Accepted: images are named by their tags here.'),
  flag('no-lock-to-digest', false, 'Do not keep the running image.'),
];

/** Whether a flag was given that makes a new revision. */
export const mutates = (flags: Arguments): boolean => REVISION_FLAGS.some(({ name }) => flags.changed(name));

/** The Service with what the flags say. */
export function edited(
  invocation: Invocation,
  service: Service,
  command: 'create' | 'update' | 'apply',
): Service {
  const { flags, process } = invocation;
  const changed = structuredCopy(service);
  const template = changed.spec!.template;
  template.metadata ??= {};
  const container = template.spec.containers[0]!;
  editContainer(flags, container, template);
  const annotations: Record<string, string | undefined> = { ...template.metadata.annotations };
  const scaling = (name: string, value: string | number) => {
    annotations[`${AUTOSCALING}/${name}`] = String(value);
  };
  if (flags.changed('revision-name')) {
    const name = revisionName(invocation, changed);
    if (name) template.metadata.name = name;
    else delete template.metadata.name;
  }
  if (mutates(flags) && command !== 'apply')
    annotations[UPDATE_TIMESTAMP] = timestamp(process.machine.clock.now());
  if (flags.bool('no-lock-to-digest')) delete annotations[USER_IMAGE];
  else if (flags.changed('image')) annotations[USER_IMAGE] = flags.string('image');
  for (const name of ['min', 'max', 'init', 'activation', 'target', 'utilization'])
    if (flags.changed(`scale-${name}`)) scaling(SCALING_NAMES[name]!, positive(flags, `scale-${name}`));
  for (const name of ['metric', 'window'])
    if (flags.changed(`scale-${name}`)) scaling(name, flags.string(`scale-${name}`));
  if (flags.changed('scale')) for (const [name, value] of scaleOf(flags)) scaling(name, value);
  if (flags.changed('concurrency-limit'))
    template.spec.containerConcurrency = positive(flags, 'concurrency-limit');
  if (flags.changed('timeout')) template.spec.timeoutSeconds = flags.int('timeout');
  if (flags.changed('service-account')) template.spec.serviceAccountName = flags.string('service-account');
  const labels: Record<string, string | undefined> = { ...changed.metadata.labels };
  if (flags.bool('cluster-local')) labels[VISIBILITY] = 'cluster-local';
  else if (flags.changed('cluster-local') || flags.bool('no-cluster-local')) delete labels[VISIBILITY];
  const ofBoth = assignments(flags, 'label');
  const notes = assignments(flags, 'annotation');
  changed.metadata.labels = merged(labels, { ...ofBoth, ...assignments(flags, 'label-service') });
  template.metadata.labels = merged(template.metadata.labels ?? {}, {
    ...ofBoth,
    ...assignments(flags, 'label-revision'),
  });
  template.metadata.annotations = merged(annotations, {
    ...notes,
    ...assignments(flags, 'annotation-revision'),
  });
  changed.metadata.annotations = merged(changed.metadata.annotations ?? {}, {
    // The autoscaler reads a revision's alone.
    ...Object.fromEntries(Object.entries(notes).filter(([key]) => !key.startsWith(AUTOSCALING))),
    ...assignments(flags, 'annotation-service'),
  });
  return changed;
}

const SCALING_NAMES: Readonly<Record<string, string>> = {
  min: 'min-scale',
  max: 'max-scale',
  init: 'initial-scale',
  activation: 'activation-scale',
  target: 'target',
  utilization: 'target-utilization-percentage',
};

const structuredCopy = (service: Service): Service => JSON.parse(JSON.stringify(service)) as Service;

function positive(flags: Arguments, name: string): number {
  const value = flags.int(name);
  if (value < 0)
    throw new CommandError(`expected 0 <= ${value} <= 2147483647: ${SCALING_NAMES[name] ?? name}`);
  return value;
}

/** `5`, `1..5`, `1..`, `..5` */
function scaleOf(flags: Arguments): [string, string][] {
  for (const other of ['scale-max', 'scale-min'])
    if (flags.changed(other)) throw new CommandError(`only --scale or --${other} can be specified`);
  const text = flags.string('scale');
  const range = /^(\d*)\.\.(\d*)$/.exec(text);
  if (!range && !/^\d+$/.test(text)) throw new CommandError('Scale must be of the format x..y or x');
  const [, min, max] = range ?? ['', text, text];
  return [
    ...(min ? [['min-scale', min] as [string, string]] : []),
    ...(max ? [['max-scale', max] as [string, string]] : []),
  ];
}

function editContainer(flags: Arguments, container: Container, { spec }: Template): void {
  if (flags.changed('image')) container.image = flags.string('image');
  if (flags.changed('cmd')) container.command = flags.list('cmd');
  if (flags.changed('arg')) container.args = flags.list('arg');
  if (flags.changed('port')) container.ports = [portOf(flags.string('port'))];
  if (flags.changed('pull-policy')) {
    const policy = ['Always', 'Never', 'IfNotPresent'].find(
      (each) => each.toLowerCase() === flags.string('pull-policy').toLowerCase(),
    );
    if (!policy)
      throw new CommandError(
        `invalid --pull-policy ${flags.string('pull-policy')}. Valid arguments (case insensitive): Always | Never | IfNotPresent`,
      );
    container.imagePullPolicy = policy;
  }
  for (const [name, value] of Object.entries(assignments(flags, 'env'))) {
    const others = (container.env ?? []).filter((each) => each.name !== name);
    const at = container.env?.findIndex((each) => each.name === name) ?? -1;
    if (value === undefined) container.env = others;
    else if (at >= 0) container.env![at] = { name, value };
    else container.env = [...others, { name, value }];
  }
  for (const text of flags.list('env-from'))
    container.envFrom = [...(container.envFrom ?? []), sourceOf(text)];
  for (const text of flags.list('mount')) addMount(text, container, spec);
  for (const [name, field] of [
    ['request', 'requests'],
    ['limit', 'limits'],
  ] as const)
    if (flags.changed(name))
      container.resources = {
        ...container.resources,
        [field]: merged(container.resources?.[field] ?? {}, assignments(flags, name)),
      };
}

function portOf(text: string): { name?: string; containerPort: number } {
  const [first = '', second] = text.split(':');
  const number = second ?? first;
  if (!/^\d+$/.test(number))
    throw new CommandError(
      `the port is specified as '${text}': it must be in the format NAME:PORT, where the NAME is optional`,
    );
  return second === undefined
    ? { containerPort: Number(number) }
    : { name: first, containerPort: Number(number) };
}

function sourceOf(text: string): { configMapRef?: { name: string }; secretRef?: { name: string } } {
  const [prefix, name] = text.split(':');
  if (name && (prefix === 'cm' || prefix === 'config-map')) return { configMapRef: { name } };
  if (name && (prefix === 'secret' || prefix === 'sc')) return { secretRef: { name } };
  throw new CommandError(
    `Invalid --env-from: unsupported volume source type "${prefix}"; supported volume source types are "config-map" and "secret"`,
  );
}

/** `/path=cm:name` */
function addMount(text: string, container: Container, spec: Template['spec']): void {
  const at = text.indexOf('=');
  if (at < 0)
    throw new CommandError(
      `Invalid --mount: argument requires a value that contains the "=" character; got ${JSON.stringify(text)}`,
    );
  const mountPath = text.slice(0, at);
  const [prefix, source] = text.slice(at + 1).split(':');
  const name = volumeName(mountPath);
  const volumes: Record<string, object> = {
    cm: { configMap: { name: source } },
    'config-map': { configMap: { name: source } },
    secret: { secret: { secretName: source } },
    sc: { secret: { secretName: source } },
    emptyDir: { emptyDir: {} },
    ed: { emptyDir: {} },
  };
  const volume = volumes[prefix ?? ''];
  if (!volume || !source)
    throw new CommandError(
      `Invalid --mount: unsupported volume source type "${prefix}"; supported volume source types are "config-map", "secret" and "emptyDir"`,
    );
  const readOnly = !('emptyDir' in volume);
  spec.volumes = [...(spec.volumes ?? []).filter((each) => each.name !== name), { name, ...volume }];
  container.volumeMounts = [
    ...(container.volumeMounts ?? []).filter((each) => each.mountPath !== mountPath),
    { name, mountPath, ...(readOnly ? { readOnly } : {}) },
  ];
}

/** The path as a name, with a check sum, so that `/a/b` and `/a-b` differ. */
const volumeName = (path: string): string =>
  `${path.replace(/^\//, '').replace(/[^a-z0-9-]/g, '-') || 'volume'}-${sha256(encode(path)).slice(0, 8)}`;

/** `name=value` pairs of a flag; undefined: `name-`, it goes. */
function assignments(flags: Arguments, name: string): Record<string, string | undefined> {
  const pairs: Record<string, string | undefined> = {};
  for (const text of flags.list(name)) {
    const at = text.indexOf('=');
    if (at > 0) pairs[text.slice(0, at)] = text.slice(at + 1);
    else if (at < 0 && text.endsWith('-')) pairs[text.slice(0, -1)] = undefined;
    else if (at < 0) pairs[text] = '';
    else
      throw new CommandError(
        `Invalid --${name}: argument requires a value that contains the "=" character; got ${JSON.stringify(text)}`,
      );
  }
  return pairs;
}

function merged(
  before: Record<string, string | undefined>,
  changes: Record<string, string | undefined>,
): Record<string, string> {
  const all = { ...before, ...changes };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** The name with its placeholders filled in, and the Service's name before it. */
function revisionName({ flags, process }: Invocation, { metadata }: Service): string {
  const { random } = process.machine;
  const text = flags
    .string('revision-name')
    .replace(/\{\{\s*\.Service\s*\}\}/g, metadata.name!)
    .replace(/\{\{\s*\.Generation\s*\}\}/g, String((metadata.generation ?? 0) + 1))
    .replace(/\{\{\s*\.Random\s+(\d+)\s*\}\}/g, (_, count) =>
      Array.from({ length: Number(count) }, () => CONSONANTS[random.int(CONSONANTS.length)]).join(''),
    );
  return text === '' || text.startsWith(`${metadata.name}-`) ? text : `${metadata.name}-${text}`;
}
