import { afterEach, expect, test } from 'vitest';
import type { Job, Pod, PodFailurePolicyRule } from '../../client/kinds.ts';
import { JOBS, PODS } from '../../client/resources.ts';
import { timestamp } from '../../../core/clock.ts';
import { SimulatedCluster } from '../../simulated-cluster.ts';
import { COMPLETION_INDEX } from './completion-indexes.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const NAME = { namespace: 'default', name: 'each' };

async function start(spec: Partial<Job['spec']>): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  await cluster.admin.create(JOBS, {
    metadata: { ...NAME },
    spec: {
      completionMode: 'Indexed',
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
      ...spec,
    },
  });
  await cluster.settle();
}

const pods = async () => (await cluster.admin.list(PODS)).items;
const indexOf = ({ metadata }: Pod) => Number(metadata.annotations![COMPLETION_INDEX]);
const isRunning = ({ status, metadata }: Pod) =>
  status?.phase === 'Running' && metadata.deletionTimestamp === undefined;

/** Lets the running pods of these indexes end with an exit code. */
async function end(exitCode: number, ...indexes: number[]): Promise<void> {
  for (const pod of await pods()) {
    if (!isRunning(pod) || !indexes.includes(indexOf(pod))) continue;
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    const containerStatuses = [
      {
        name: 'main',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, finishedAt: timestamp(cluster.clock.now()) } },
      },
    ];
    await cluster.admin.updateStatus(PODS, {
      ...pod,
      status: { ...pod.status, phase, conditions: [], containerStatuses },
    });
  }
  await cluster.settle();
}

const running = async () => (await pods()).filter(isRunning).map(indexOf).sort();
const status = async () => (await cluster.admin.get(JOBS, NAME)).status!;
const conditions = async () =>
  ((await status()).conditions ?? []).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('a pod an index, as many at once as parallelism says', async () => {
  await start({ completions: 4, parallelism: 2 });
  expect(await running()).toEqual([0, 1]);
  const [pod] = await pods();
  expect(pod!.metadata.name).toMatch(/^each-0-[a-z0-9]{5}$/);
  expect(pod!.metadata.labels).toMatchObject({ [COMPLETION_INDEX]: '0' });
  expect(pod!.spec.hostname).toBe('each-0');
  expect(pod!.spec.containers[0]!.env).toEqual([
    {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } },
    },
  ]);
  await end(0, 1);
  expect(await running()).toEqual([0, 2]);
  expect(await status()).toMatchObject({ succeeded: 1, completedIndexes: '1', active: 2 });
  await end(0, 2);
  await end(0, 0, 3);
  expect(await status()).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  expect(await conditions()).toEqual([
    'SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods',
    'Complete CompletionsReached: Reached expected number of succeeded pods',
  ]);
});

test('an index that failed is tried again after its back-off', async () => {
  await start({ completions: 2, parallelism: 2 });
  await end(1, 0);
  expect(await running()).toEqual([1]);
  await cluster.advance(11);
  expect(await running()).toEqual([0, 1]);
});

test('each index has failures of its own where there is a limit for it', async () => {
  await start({ completions: 2, parallelism: 2, backoffLimitPerIndex: 1 });
  await end(1, 0);
  await cluster.advance(11);
  const again = (await pods()).find((pod) => isRunning(pod) && indexOf(pod) === 0)!;
  expect(again.metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
  await end(1, 0);
  expect(await status()).toMatchObject({ failedIndexes: '0', failed: 2 });
  await cluster.advance(60);
  expect(await running()).toEqual([1]);
  await end(0, 1);
  expect(await conditions()).toEqual([
    'FailureTarget FailedIndexes: Job has failed indexes',
    'Failed FailedIndexes: Job has failed indexes',
  ]);
});

test('too many failed indexes end the job and its pods', async () => {
  await start({ completions: 4, parallelism: 4, backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
  await end(1, 0);
  expect(await running()).toEqual([1, 2, 3]);
  await end(1, 2);
  expect(await running()).toEqual([]);
  expect(await conditions()).toEqual([
    'FailureTarget MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
    'Failed MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
  ]);
});

test('a success policy ends the job early', async () => {
  await start({
    completions: 4,
    parallelism: 4,
    successPolicy: { rules: [{ succeededIndexes: '0', succeededCount: 1 }] },
  });
  await end(0, 3);
  expect(await running()).toEqual([0, 1, 2]);
  await end(0, 0);
  expect(await running()).toEqual([]);
  expect(await conditions()).toEqual([
    'SuccessCriteriaMet SuccessPolicy: Matched rules at index 0',
    'Complete SuccessPolicy: Matched rules at index 0',
  ]);
});

const RULES: {
  name: string;
  rule: PodFailurePolicyRule;
  exitCode: number;
  want: { failed?: number; conditions: string[]; runningLater: number[] };
}[] = [
  {
    name: 'fails the job',
    rule: { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
    exitCode: 42,
    want: { failed: 2, conditions: ['PodFailurePolicy'], runningLater: [] },
  },
  {
    name: 'ignores the failure',
    rule: { action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } },
    exitCode: 42,
    want: { conditions: [], runningLater: [0, 1] },
  },
  {
    name: 'does not match',
    rule: { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [1] } },
    exitCode: 1,
    want: { failed: 1, conditions: [], runningLater: [0, 1] },
  },
];

test.each(RULES)('a pod failure policy $name', async ({ rule, exitCode, want }) => {
  await start({ completions: 2, parallelism: 2, podFailurePolicy: { rules: [rule] } });
  await end(exitCode, 0);
  const { failed, conditions: now = [] } = await status();
  expect(now.filter(({ type }) => type === 'FailureTarget').map(({ reason }) => reason)).toEqual(
    want.conditions,
  );
  if (want.conditions.length > 0) {
    expect(now[0]!.message).toMatch(
      /^Container main for pod default\/each-0-\w{5} failed with exit code 42 matching FailJob rule at index 0$/,
    );
  }
  expect(failed).toBe(want.failed);
  await cluster.advance(12);
  expect(await running()).toEqual(want.runningLater);
});

test('where only failed pods are replaced, one that is being deleted keeps its place', async () => {
  await start({ completions: 2, parallelism: 1, podReplacementPolicy: 'Failed' });
  cluster.behaviour.stopMs = 30_000;
  const [pod] = await pods();
  await cluster.admin.delete(PODS, pod!.metadata);
  await cluster.advance(5);
  expect(await running()).toEqual([]);
  expect(await status()).toMatchObject({ terminating: 1 });
});
