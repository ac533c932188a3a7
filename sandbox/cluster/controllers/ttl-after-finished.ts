/** Jobs that delete themselves (`pkg/controller/ttlafterfinished`): `ttlSecondsAfterFinished` after their end. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Job } from '../client/kinds.ts';
import { JOBS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { isJobFinished } from './job/job.ts';

export function startTtlAfterFinishedController(context: ControllerContext): Disposable {
  const resources = new DisposableStore();
  const client = context.client('ttl-after-finished-controller');
  const jobs = context.informers.informer(JOBS);
  const queue: WorkQueue = resources.add(
    new WorkQueue({
      clock: context.clock,
      onError: (key, error) => context.onError('ttl-after-finished', key, error),
      async reconcile(key) {
        const job = jobs.get(key);
        const dueMs = job && expiryOf(job);
        if (dueMs === undefined) return;
        const leftMs = dueMs - context.clock.now();
        if (leftMs > 0) return queue.addAfter(key, leftMs);
        const { uid } = job!.metadata;
        try {
          const preconditions = { uid };
          await client.delete(JOBS, job!.metadata, { propagationPolicy: 'Foreground', preconditions });
        } catch (error) {
          if (!isStatus(error, 'NotFound')) throw error;
        }
      },
    }),
  );
  const seen = (job: Job) => {
    if (expiryOf(job) !== undefined) queue.add(keyOf(job));
  };
  resources.add(jobs.addHandler({ add: seen, update: (_before, job) => seen(job) }));
  return resources;
}

/** When (epoch ms) the job is to go; undefined while it runs, and for one that stays. */
function expiryOf(job: Job): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp || !isJobFinished(job)) {
    return undefined;
  }
  const end = job.status!.conditions!.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return Date.parse(end!.lastTransitionTime!) + ttlSecondsAfterFinished * 1000;
}
