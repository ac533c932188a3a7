/**
 * Where labels, annotations and names stand in objects (kustomize's builtin `transformerconfig`). A path's `*`
 * steps into every item of a list or every value of a map.
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';

export interface FieldSpec {
  /** Every kind when absent. */
  kinds?: readonly string[];
  path: string;
  /** Maps on the way are made. */
  create?: boolean;
}

const WORKLOADS = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'];
const AFFINITY = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
  `affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution/*/podAffinityTerm/labelSelector/matchLabels`,
  `affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution/*/labelSelector/matchLabels`,
]);

export const METADATA_LABELS: readonly FieldSpec[] = [{ path: 'metadata/labels', create: true }];

export const TEMPLATE_LABELS: readonly FieldSpec[] = [
  {
    kinds: [...WORKLOADS, 'ReplicationController', 'Job'],
    path: 'spec/template/metadata/labels',
    create: true,
  },
  { kinds: ['StatefulSet'], path: 'spec/volumeClaimTemplates/*/metadata/labels', create: true },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/metadata/labels', create: true },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/spec/template/metadata/labels', create: true },
];

export const SELECTOR_LABELS: readonly FieldSpec[] = [
  { kinds: ['Service', 'ReplicationController'], path: 'spec/selector', create: true },
  { kinds: WORKLOADS, path: 'spec/selector/matchLabels', create: true },
  ...['Deployment', 'StatefulSet'].flatMap((kind) => [
    ...AFFINITY.map((path) => ({ kinds: [kind], path: `spec/template/spec/${path}` })),
    { kinds: [kind], path: 'spec/template/spec/topologySpreadConstraints/*/labelSelector/matchLabels' },
  ]),
  { kinds: ['Job'], path: 'spec/selector/matchLabels' },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/spec/selector/matchLabels' },
  { kinds: ['PodDisruptionBudget'], path: 'spec/selector/matchLabels' },
  { kinds: ['NetworkPolicy'], path: 'spec/podSelector/matchLabels' },
  { kinds: ['NetworkPolicy'], path: 'spec/ingress/*/from/*/podSelector/matchLabels' },
  { kinds: ['NetworkPolicy'], path: 'spec/egress/*/to/*/podSelector/matchLabels' },
];

export const ANNOTATIONS: readonly FieldSpec[] = [
  { path: 'metadata/annotations', create: true },
  {
    kinds: [...WORKLOADS, 'ReplicationController', 'Job'],
    path: 'spec/template/metadata/annotations',
    create: true,
  },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/metadata/annotations', create: true },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/spec/template/metadata/annotations', create: true },
];

/** Visits what a path leads to: the holder of the last field and its name. */
export function visitFields(
  object: KubernetesObject,
  { kinds, path, create }: FieldSpec,
  visit: (holder: Record<string, any>, key: string) => void,
): void {
  if (kinds && !kinds.includes(object.kind!)) return;
  walk(object, path.split('/'), create ?? false, visit);
}

function walk(
  value: any,
  [step, ...rest]: string[],
  create: boolean,
  visit: (holder: Record<string, any>, key: string) => void,
): void {
  if (typeof value !== 'object' || value === null) return;
  if (step === '*') {
    if (rest.length === 0) for (const key of Object.keys(value)) visit(value, key);
    else for (const inner of Object.values(value)) walk(inner, rest, create, visit);
    return;
  }
  if (rest.length === 0) {
    if (create || value[step!] !== undefined) visit(value, step!);
    return;
  }
  if (value[step!] === undefined || value[step!] === null) {
    if (!create || rest[0] === '*') return;
    value[step!] = {};
  }
  walk(value[step!], rest, create, visit);
}

/** Sets entries of the maps that the paths lead to. */
export function setEntries(
  object: KubernetesObject,
  specs: readonly FieldSpec[],
  entries: Readonly<Record<string, string>>,
): void {
  for (const spec of specs)
    visitFields(object, spec, (holder, key) => {
      holder[key] = { ...holder[key], ...entries };
    });
}
