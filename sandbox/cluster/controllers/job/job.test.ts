import { afterEach, expect, test } from 'vitest';
import type { Job } from '../../client/kinds.ts';
import { JOBS, PODS } from '../../client/resources.ts';
import { timestamp } from '../../../core/clock.ts';
import { SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const ONCE = { namespace: 'default', name: 'once' };

async function start(spec: Partial<Job['spec']> = {}): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  await cluster.admin.create(JOBS, {
    metadata: { ...ONCE },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
      ...spec,
    },
  });
  await cluster.settle();
}

/** Lets all running pods end. */
async function end(phase: 'Succeeded' | 'Failed'): Promise<void> {
  const notReady = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(cluster.clock.now()) };
  for (const pod of (await cluster.admin.list(PODS)).items) {
    if (pod.status?.phase !== 'Running') continue;
    await cluster.admin.updateStatus(PODS, {
      ...pod,
      status: { ...pod.status, phase, conditions: [notReady] },
    });
  }
  await cluster.settle();
}

const status = async () => (await cluster.admin.get(JOBS, ONCE)).status!;
const conditions = async () =>
  ((await status()).conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const running = async () => (await cluster.pods()).filter((line) => line.endsWith('Running')).length;
const happened = async () =>
  (await cluster.events())
    .filter((line) => line.includes('Job/once'))
    .map((line) => line.replace(/once-[a-z0-9]{5}/, 'once-…').replace(' Job/once', ''));

test('one pod that succeeds completes the job', async () => {
  await start();
  expect(await status()).toMatchObject({ active: 1, ready: 1, startTime: '2026-01-01T00:00:00Z' });
  await end('Succeeded');
  expect(await status()).toEqual({
    conditions: [
      expect.objectContaining({ type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' }),
      expect.objectContaining({
        type: 'Complete',
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      }),
    ],
    startTime: '2026-01-01T00:00:00Z',
    completionTime: '2026-01-01T00:00:00Z',
    succeeded: 1,
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
  });
  expect(await happened()).toEqual([
    '0s SuccessfulCreate: Created pod: once-…',
    '0s Completed: Job completed',
  ]);
  const [pod] = (await cluster.admin.list(PODS)).items;
  expect(pod!.metadata.finalizers).toBeUndefined();
});

test('as many at a time as parallelism, until completions', async () => {
  await start({ completions: 5, parallelism: 2 });
  const seen: number[] = [];
  for (let round = 0; round < 3; round++) {
    seen.push(await running());
    await end('Succeeded');
  }
  expect(seen).toEqual([2, 2, 1]);
  expect(await status()).toMatchObject({ succeeded: 5 });
  expect(await conditions()).toContain('Complete=True CompletionsReached');
});

test('failures are tried again after 10 s, 20 s, … and end the job beyond backoffLimit', async () => {
  await start({ backoffLimit: 2 });
  await end('Failed');
  await cluster.advance(9);
  expect(await running()).toBe(0);
  await cluster.advance(1);
  expect(await running()).toBe(1);
  await end('Failed');
  await cluster.advance(20);
  await end('Failed');
  expect(await conditions()).toEqual([
    'FailureTarget=True BackoffLimitExceeded',
    'Failed=True BackoffLimitExceeded',
  ]);
  expect(await status()).toMatchObject({ failed: 3 });
  expect((await happened()).at(-1)).toBe(
    '30s BackoffLimitExceeded: Job has reached the specified backoff limit',
  );
});

test('activeDeadlineSeconds ends what still runs', async () => {
  await start({ activeDeadlineSeconds: 30 });
  await cluster.advance(29);
  expect(await running()).toBe(1);
  await cluster.advance(2);
  expect(await running()).toBe(0);
  expect(await conditions()).toEqual(['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded']);
});

test('a suspended job has no pods, and begins when it is resumed', async () => {
  await start({ suspend: true });
  expect(await running()).toBe(0);
  expect(await conditions()).toEqual(['Suspended=True JobSuspended']);
  await cluster.admin.patch(JOBS, ONCE, 'application/merge-patch+json', { spec: { suspend: false } });
  await cluster.settle();
  expect(await running()).toBe(1);
  expect(await conditions()).toEqual(['Suspended=False JobResumed']);
});

test('pods go with their job', async () => {
  await start({ parallelism: 2, completions: 2 });
  await cluster.admin.delete(JOBS, ONCE, { propagationPolicy: 'Background' });
  await cluster.settle();
  expect(await cluster.pods()).toEqual([]);
});
