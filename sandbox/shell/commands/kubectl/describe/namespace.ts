import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { rfc1123, type Description } from './description.ts';

export async function describeNamespace(description: Description, object: KubernetesObject): Promise<void> {
  description.field('Name', object.metadata.name);
  description.metadata(object);
  description.field('Status', object.status?.phase ?? '');
  const conditions: any[] = object.status?.conditions ?? [];
  if (conditions.length > 0) {
    description.line(0, 'Conditions:');
    description.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    description.line(1, '----\t------\t------------------\t------\t-------');
    for (const { type, status, lastTransitionTime, reason, message } of conditions)
      description.line(1, [type, status, rfc1123(lastTransitionTime), reason, message].join('\t'));
  }
  const path = `/api/v1/namespaces/${object.metadata.name}`;
  description.line(0, '');
  describeQuotas(description, await description.list(`${path}/resourcequotas`));
  description.line(0, '');
  describeLimitRanges(description, await description.list(`${path}/limitranges`));
}

function describeQuotas(description: Description, quotas: readonly KubernetesObject[]): void {
  if (quotas.length === 0) return description.line(0, 'No resource quota.');
  description.line(0, 'Resource Quotas');
  for (const quota of [...quotas].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))) {
    description.field('Name', quota.metadata.name, 1);
    const scopes: string[] = [...(quota.spec?.scopes ?? [])].sort();
    if (scopes.length > 0) {
      description.field('Scopes', scopes.join(', '), 1);
      for (const scope of scopes) if (SCOPE_HELP[scope]) description.line(1, `* ${SCOPE_HELP[scope]}`);
    }
    description.line(1, 'Resource\tUsed\tHard');
    description.line(1, '--------\t---\t---');
    const { hard = {}, used = {} } = quota.status ?? {};
    for (const name of Object.keys(hard).sort())
      description.line(1, `${name}\t${used[name] ?? '0'}\t${hard[name]}`);
  }
}

const SCOPE_HELP: Record<string, string> = {
  Terminating: 'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating: 'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort: 'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
}; // prettier-ignore

function describeLimitRanges(description: Description, ranges: readonly KubernetesObject[]): void {
  if (ranges.length === 0) return description.line(0, 'No LimitRange resource.');
  description.line(0, 'Resource Limits');
  description.line(0, ' Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio');
  description.line(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------');
  for (const range of ranges)
    for (const item of range.spec?.limits ?? []) {
      const columns = [item.min, item.max, item.defaultRequest, item.default, item.maxLimitRequestRatio];
      const names = new Set(columns.flatMap((column) => Object.keys(column ?? {})));
      for (const name of names)
        description.line(
          0,
          [` ${item.type}`, name, ...columns.map((column) => column?.[name] ?? '-')].join('\t'),
        );
    }
}
