/** Job and CronJob. */
import { selectorOf } from '../../../../cluster/api/labels.ts';
import { humanDuration } from '../../../../cluster/api/duration.ts';
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { controlledBy, rfc1123, type Description } from './description.ts';
import { describePodTemplate } from './pod-template.ts';

export async function describeJob(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.field('Selector', selectorOf(spec.selector).toString());
  description.metadata(object);
  const controller = controlledBy(object);
  if (controller) description.field('Controlled By', controller);
  describeJobSpec(description, spec);
  if (spec.ttlSecondsAfterFinished !== undefined)
    description.field('TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  if (status.startTime) description.field('Start Time', rfc1123(status.startTime));
  if (status.completionTime) {
    description.field('Completed At', rfc1123(status.completionTime));
    description.field(
      'Duration',
      humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime)),
    );
  }
  if (spec.activeDeadlineSeconds !== undefined)
    description.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  const { active = 0, ready, succeeded = 0, failed = 0 } = status;
  description.field(
    'Pods Statuses',
    `${active} Active${ready === undefined ? '' : ` (${ready} Ready)`} / ${succeeded} Succeeded / ${failed} Failed`,
  );
  if (spec.completionMode === 'Indexed')
    description.field('Completed Indexes', status.completedIndexes || '<none>');
  describePodTemplate(description, spec.template);
  await description.describeEvents(object);
}

function describeJobSpec(description: Description, spec: Record<string, any>): void {
  if (spec['parallelism'] !== undefined) description.field('Parallelism', spec['parallelism']);
  description.field('Completions', spec['completions'] ?? '<unset>');
  if (spec['completionMode'] !== undefined) description.field('Completion Mode', spec['completionMode']);
  if (spec['suspend'] !== undefined) description.field('Suspend', spec['suspend']);
  if (spec['backoffLimit'] !== undefined) description.field('Backoff Limit', spec['backoffLimit']);
}

export async function describeCronJob(description: Description, object: KubernetesObject): Promise<void> {
  const { spec, status = {} } = object;
  const unset = '<unset>';
  description.head(object);
  description.metadata(object);
  description.field('Schedule', spec.schedule);
  description.field('Concurrency Policy', spec.concurrencyPolicy);
  description.field('Suspend', spec.suspend === undefined ? unset : spec.suspend ? 'True' : 'False');
  description.field('Successful Job History Limit', spec.successfulJobsHistoryLimit ?? unset);
  description.field('Failed Job History Limit', spec.failedJobsHistoryLimit ?? unset);
  const deadline = spec.startingDeadlineSeconds;
  description.field('Starting Deadline Seconds', deadline === undefined ? unset : `${deadline}s`);
  const job = spec.jobTemplate.spec;
  description.field('Selector', job.selector ? selectorOf(job.selector).toString() : unset);
  description.field('Parallelism', job.parallelism ?? unset);
  description.field('Completions', job.completions ?? unset);
  if (job.activeDeadlineSeconds !== undefined)
    description.field('Active Deadline Seconds', `${job.activeDeadlineSeconds}s`);
  describePodTemplate(description, job.template);
  description.field('Last Schedule Time', status.lastScheduleTime ? rfc1123(status.lastScheduleTime) : unset);
  const active: { name: string }[] = status.active ?? [];
  description.field('Active Jobs', active.map(({ name }) => name).join(', ') || '<none>');
  await description.describeEvents(object);
}
