/**
 * Field selectors (`apimachinery/pkg/fields`) and the field labels that each kind supports: the conversion
 * functions of pkg/apis and the selectable fields of the registries in 1.35.
 */
import type { KubernetesObject } from './object.ts';
import type { GroupVersionResource } from './request.ts';

export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

export class FieldSelectorError extends Error {}

/** Every requirement must hold. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  #valueOf: (object: KubernetesObject, field: string) => string;

  constructor(
    requirements: readonly FieldRequirement[],
    valueOf: (object: KubernetesObject, field: string) => string,
  ) {
    this.requirements = requirements;
    this.#valueOf = valueOf;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(object: KubernetesObject): boolean {
    for (const { field, operator, value } of this.requirements)
      if ((this.#valueOf(object, field) === value) !== (operator === '=')) return false;
    return true;
  }

  /** The value that `field` must have, if the selector says so: `metadata.name` of a single object's watch. */
  requires(field: string): string | undefined {
    return this.requirements.find((each) => each.field === field && each.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`)
      .join(',');
  }
}

/** Splits at commas that no backslash protects. */
function terms(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/gs) ?? []).filter((term) => term !== '');
}

/** `metadata.name=web,status.phase!=Running` as requirements. Throws `FieldSelectorError`. */
function parseFieldTerms(text: string): FieldRequirement[] {
  return terms(text).map((term) => {
    const match = /^((?:\\.|[^\\=!]|!(?!=))*)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const raw = match[3]!;
    const bad = /\\([^\\,=]|$)/.exec(raw);
    if (bad)
      throw new FieldSelectorError(
        bad[1] === ''
          ? `invalid field selector: unterminated escape sequence in "${raw}"`
          : `invalid field selector: invalid escape sequence: ${bad[0]}`,
      );
    return {
      field: match[1]!,
      operator: match[2] === '!=' ? '!=' : '=',
      value: raw.replace(/\\([\\,=])/g, '$1'),
    };
  });
}

type Getter = (object: KubernetesObject) => unknown;

const EVENT_FIELDS: Record<string, Getter> = {
  reason: (event) => event.reason,
  reportingComponent: (event) => event.reportingComponent || event.reportingController,
  source: (event) => event.source?.component || event.reportingComponent,
  type: (event) => event.type,
};
for (const field of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']) {
  EVENT_FIELDS[`involvedObject.${field}`] = (event) => event.involvedObject?.[field];
  EVENT_FIELDS[`regarding.${field}`] = (event) => event.regarding?.[field];
}

/** Beside `metadata.name` and `metadata.namespace`, by `group/resource`. */
const FIELDS: Record<string, Record<string, Getter>> = {
  '/pods': {
    'spec.nodeName': (pod) => pod.spec?.nodeName,
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy,
    'spec.schedulerName': (pod) => pod.spec?.schedulerName,
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName,
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase,
    'status.podIP': (pod) => pod.status?.podIP,
    'status.podIPs': (pod) => pod.status?.podIPs?.[0]?.ip,
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName,
  },
  '/nodes': { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  '/namespaces': { 'status.phase': (namespace) => namespace.status?.phase },
  '/secrets': { type: (secret) => secret.type },
  '/services': {
    'spec.clusterIP': (service) => service.spec?.clusterIP,
    'spec.type': (service) => service.spec?.type,
  },
  '/replicationcontrollers': { 'status.replicas': (rc) => rc.status?.replicas ?? 0 },
  '/events': EVENT_FIELDS,
  'events.k8s.io/events': EVENT_FIELDS,
  'batch/jobs': { 'status.successful': (job) => job.status?.succeeded ?? 0 },
  'certificates.k8s.io/certificatesigningrequests': { 'spec.signerName': (csr) => csr.spec?.signerName },
};

/** Whether `fields` names a label that list and watch of the resource understand. */
function supportsField(resource: GroupVersionResource, field: string): boolean {
  if (field === 'metadata.name' || field === 'metadata.namespace') return true;
  const fields = FIELDS[`${resource.group}/${resource.resource}`];
  return fields !== undefined && Object.hasOwn(fields, field);
}

/**
 * Throws `FieldSelectorError`, e.g. `field label not supported: spec.foo`. `own`: the fields that a custom
 * resource lets one select by.
 */
export function parseFieldSelector(
  text: string,
  resource: GroupVersionResource,
  own?: Record<string, Getter>,
): FieldSelector {
  const requirements = parseFieldTerms(text);
  const fields = own ?? FIELDS[`${resource.group}/${resource.resource}`];
  for (const { field } of requirements)
    if (own && !Object.hasOwn(own, field) && !field.startsWith('metadata.name'))
      throw new FieldSelectorError(`field label not supported: ${field}`);
    else if (!own && !supportsField(resource, field))
      throw new FieldSelectorError(unsupported(resource, field));
  return new FieldSelector(requirements, (object, field) => {
    if (field === 'metadata.name') return object.metadata.name ?? '';
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    return String(fields?.[field]?.(object) ?? '');
  });
}

/** Each conversion function says it in its own way. */
function unsupported({ group, resource }: GroupVersionResource, field: string): string {
  if (group === 'batch') return `field label "${field}" not supported for Job`;
  if (FIELDS[`${group}/${resource}`]) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
