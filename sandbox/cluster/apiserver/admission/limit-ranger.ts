/** LimitRanges of a namespace: defaults for containers, and bounds for containers, pods and claims. */
import { podResources } from '../../api/pod-resources.ts';
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../api/quantity.ts';
import type { RequestContext } from '../registry/strategy.ts';
import { refuse, type AdmissionPlugin } from './admission.ts';

type Amounts = Record<string, string>;
interface Limit {
  type: 'Container' | 'Pod' | 'PersistentVolumeClaim';
  min?: Amounts;
  max?: Amounts;
  default?: Amounts;
  defaultRequest?: Amounts;
  maxLimitRequestRatio?: Amounts;
}
interface Resources {
  requests?: Amounts;
  limits?: Amounts;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  resources: ['/pods', '/persistentvolumeclaims'],
  mutate(operation, draft, context) {
    if (operation !== 'CREATE' || context.request.subresource) return;
    if (context.resource.resource !== 'pods') return;
    const limits = limitsOf(context).filter(({ type }) => type === 'Container');
    if (limits.length === 0) return;
    const notes: string[] = [];
    const fill = (containers: any[] | undefined, word: string) =>
      containers?.map((container) => {
        let resources: Resources = container.resources ?? {};
        for (const limit of limits) resources = withDefaults(resources, limit, container.name, word, notes);
        return resources === container.resources ? container : { ...container, resources };
      });
    draft.spec = { ...draft.spec, containers: fill(draft.spec.containers, 'container') };
    if (draft.spec.initContainers)
      draft.spec.initContainers = fill(draft.spec.initContainers, 'init container');
    if (notes.length > 0)
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
      };
  },
  validate(operation, object, _old, context) {
    if (operation === 'DELETE' || context.request.subresource) return;
    if (operation === 'UPDATE' && context.resource.resource === 'pods') return;
    const problems: string[] = [];
    for (const limit of limitsOf(context)) problems.push(...problemsWith(object!, limit, context));
    if (problems.length === 0) return;
    throw refuse(context, object, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`);
  },
};

function limitsOf({ store, request }: RequestContext): Limit[] {
  return store.list('limitranges', `${request.namespace}/`).flatMap(({ spec }) => spec.limits ?? []);
}

function withDefaults(
  resources: Resources,
  limit: Limit,
  name: string,
  word: string,
  notes: string[],
): Resources {
  const missing = (amounts: Amounts | undefined, given: Amounts | undefined) =>
    Object.entries(amounts ?? {}).filter(([resource]) => given?.[resource] === undefined);
  const requests = missing(limit.defaultRequest, resources.requests);
  const limits = missing(limit.default, resources.limits);
  const note = (kind: string, amounts: [string, string][]) => {
    if (amounts.length === 0) return;
    const names = amounts.map(([resource]) => resource).sort();
    notes.push(`${names.join(', ')} ${kind} for ${word} ${name}`);
  };
  note('request', requests);
  note('limit', limits);
  if (requests.length + limits.length === 0) return resources;
  const out: Resources = { ...resources };
  if (limits.length > 0) out.limits = { ...resources.limits, ...Object.fromEntries(limits) };
  if (requests.length > 0) out.requests = { ...resources.requests, ...Object.fromEntries(requests) };
  return out;
}

function problemsWith(object: any, limit: Limit, { resource }: RequestContext): string[] {
  if (resource.resource === 'persistentvolumeclaims')
    return limit.type === 'PersistentVolumeClaim' ? bounds(limit, object.spec.resources ?? {}) : [];
  const containers: any[] = [...(object.spec.initContainers ?? []), ...object.spec.containers];
  if (limit.type === 'Container')
    return containers.flatMap(({ resources }) => bounds(limit, resources ?? {}));
  return limit.type === 'Pod' ? bounds(limit, resourcesOfPod(object.spec)) : [];
}

function bounds(limit: Limit, { requests = {}, limits = {} }: Resources): string[] {
  const problems: string[] = [];
  const { type } = limit;
  const say = (text: string) => problems.push(text);
  for (const [name, text] of Object.entries(limit.min ?? {})) {
    const min = parseQuantity(text);
    const request = requests[name];
    if (request === undefined) say(`minimum ${name} usage per ${type} is ${text}.  No request is specified`);
    else if (compareQuantities(parseQuantity(request), min) < 0)
      say(`minimum ${name} usage per ${type} is ${text}, but request is ${request}`);
    else if (limits[name] !== undefined && compareQuantities(parseQuantity(limits[name]), min) < 0)
      say(`minimum ${name} usage per ${type} is ${text}, but limit is ${limits[name]}`);
  }
  for (const [name, text] of Object.entries(limit.max ?? {})) {
    const max = parseQuantity(text);
    const most = limits[name];
    const request = requests[name];
    if (type === 'PersistentVolumeClaim') {
      if (request !== undefined && compareQuantities(parseQuantity(request), max) > 0)
        say(`maximum ${name} usage per ${type} is ${text}, but request is ${request}`);
      continue;
    }
    if (most === undefined) say(`maximum ${name} usage per ${type} is ${text}.  No limit is specified`);
    else if (compareQuantities(parseQuantity(most), max) > 0)
      say(`maximum ${name} usage per ${type} is ${text}, but limit is ${most}`);
    else if (request !== undefined && compareQuantities(parseQuantity(request), max) > 0)
      say(`maximum ${name} usage per ${type} is ${text}, but request is ${request}`);
  }
  for (const [name, text] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    const request = requests[name];
    const most = limits[name];
    if (request === undefined || most === undefined) {
      say(`${name} max limit to request ratio per ${type} is ${text}, but no request or limit is specified`);
      continue;
    }
    const ratio = Number(parseQuantity(most).nano) / Number(parseQuantity(request).nano);
    if (ratio > Number(parseQuantity(text).nano) / 1e9)
      say(
        `${name} max limit to request ratio per ${type} is ${text}, but provided ratio is ${ratio.toFixed(6)}`,
      );
  }
  return problems;
}

function resourcesOfPod(spec: any): Resources {
  const { requests, limits } = podResources(spec);
  const texts = (amounts: Record<string, Quantity>): Amounts =>
    Object.fromEntries(Object.entries(amounts).map(([name, sum]) => [name, formatQuantity(sum)]));
  return { requests: texts(requests), limits: texts(limits) };
}
