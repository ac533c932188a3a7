/** The pod that a Job makes from its template, for an index or for none. */
import type { Container, Job, Pod } from '../../client/kinds.ts';
import { JOBS } from '../../client/resources.ts';
import { controllerReference } from '../controller.ts';
import { podFromTemplate } from '../pod-control.ts';
import { COMPLETION_INDEX } from './completion-indexes.ts';
import { failureCountAnnotations, hasLimitPerIndex } from './index-failures.ts';
import { TRACKING } from './pod-end.ts';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
/** The API server makes names of at most 63 characters, five of which are random. */
const MAX_PREFIX_LENGTH = 58;

/** @param replaced the failed pod of the same index, where each index has failures of its own. */
export function podOfJob(job: Job, index: number | undefined, replaced: Pod | undefined): Pod {
  const pod = podFromTemplate(job.spec.template, job, controllerReference(JOBS, job));
  const { metadata } = pod;
  metadata.finalizers = [...(metadata.finalizers ?? []), TRACKING];
  if (index === undefined) return pod;
  const suffix = `-${index}-`;
  metadata.generateName = job.metadata.name!.slice(0, MAX_PREFIX_LENGTH - suffix.length) + suffix;
  metadata.labels = { ...metadata.labels, [COMPLETION_INDEX]: String(index) };
  metadata.annotations = {
    ...metadata.annotations,
    [COMPLETION_INDEX]: String(index),
    ...(hasLimitPerIndex(job) ? failureCountAnnotations(job, replaced) : {}),
  };
  const { spec } = pod;
  pod.spec = {
    ...spec,
    hostname: `${job.metadata.name}-${index}`,
    containers: spec.containers.map(withIndexVariable),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(withIndexVariable) } : {}),
  };
  return pod;
}

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` };
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] };
}
