import { afterEach, expect, test } from 'vitest';
import type { CronJob } from '../client/kinds.ts';
import { CRON_JOBS, JOBS, PODS } from '../client/resources.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const TICK = { namespace: 'default', name: 'tick' };

async function start(spec: Partial<CronJob['spec']> = {}, ttlSecondsAfterFinished?: number): Promise<void> {
  cluster = new SimulatedCluster({ renewMs: 40_000 });
  await cluster.addNodes('n1');
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } };
  const ttl = ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished };
  await cluster.admin.create(CRON_JOBS, {
    metadata: { ...TICK },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template, ...ttl } }, ...spec },
  });
  await cluster.settle();
}

async function succeed(): Promise<void> {
  for (const pod of (await cluster.admin.list(PODS)).items) {
    if (pod.status?.phase !== 'Running') continue;
    await cluster.admin.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
  }
  await cluster.settle();
}

const jobs = async () => (await cluster.admin.list(JOBS)).items;
const happened = async () =>
  (await cluster.events())
    .filter((line) => line.includes('CronJob/tick'))
    .map((line) => line.replace(' CronJob/tick', ''));

test('makes a job every minute and sees it complete', async () => {
  await start();
  await cluster.advance(61);
  await succeed();
  const [job] = await jobs();
  const name = `tick-${Date.UTC(2026, 0, 1, 0, 1) / 60_000}`;
  expect(job!.metadata).toMatchObject({
    name,
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:01:00Z' },
  });
  expect((await cluster.admin.get(CRON_JOBS, TICK)).status).toEqual({
    lastScheduleTime: '2026-01-01T00:01:00Z',
    lastSuccessfulTime: '2026-01-01T00:01:01Z',
  });
  expect(await happened()).toEqual([
    `60s SuccessfulCreate: Created job ${name}`,
    `61s SawCompletedJob: Saw completed job: ${name}, condition: Complete`,
  ]);
});

test('keeps three successful jobs', async () => {
  await start();
  for (let minute = 0; minute < 6; minute++) {
    await cluster.advance(61);
    await succeed();
  }
  expect((await jobs()).length).toBe(3);
});

test('Forbid waits for the running one, Replace ends it, Allow adds to it', async () => {
  const after = async (concurrencyPolicy: string) => {
    await start({ concurrencyPolicy });
    await cluster.advance(130);
    const count = (await jobs()).length;
    const events = await happened();
    cluster.dispose();
    return [count, events.some((line) => line.includes('JobAlreadyActive'))];
  };
  expect(await after('Forbid')).toEqual([1, true]);
  expect(await after('Replace')).toEqual([1, false]);
  expect(await after('Allow')).toEqual([2, false]);
});

test('suspended, it makes nothing; resumed, the last missed time counts', async () => {
  await start({ suspend: true });
  await cluster.advance(150);
  expect(await jobs()).toEqual([]);
  await cluster.admin.patch(CRON_JOBS, TICK, 'application/merge-patch+json', { spec: { suspend: false } });
  await cluster.settle();
  expect((await jobs()).map(({ metadata }) => metadata.name)).toEqual([
    `tick-${Date.UTC(2026, 0, 1, 0, 2) / 60_000}`,
  ]);
});

const resume = async () => {
  await cluster.admin.patch(CRON_JOBS, TICK, 'application/merge-patch+json', { spec: { suspend: false } });
  await cluster.settle();
};

test('of many missed times only the last counts, and they are told of', async () => {
  await start({ suspend: true });
  await cluster.advance(250 * 60 + 5);
  await resume();
  expect((await jobs()).map(({ metadata }) => metadata.name)).toEqual([
    `tick-${Date.UTC(2026, 0, 1, 4, 10) / 60_000}`,
  ]);
  expect((await happened())[0]).toBe(
    '15005s TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
  );
});

test('a time that is missed by more than the deadline is let go', async () => {
  await start({ suspend: true, startingDeadlineSeconds: 10 });
  await cluster.advance(150);
  await resume();
  expect(await jobs()).toEqual([]);
  await cluster.advance(31);
  expect(await jobs()).toHaveLength(1);
});

test('the schedule is read in its time zone', async () => {
  // At half past five in Kolkata it is midnight in Greenwich.
  await start({ schedule: '35 5 * * *', timeZone: 'Asia/Kolkata' });
  await cluster.advance(301);
  expect((await jobs()).map(({ metadata }) => metadata.annotations)).toEqual([
    { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T05:35:00+05:30' },
  ]);
});

test('ttlSecondsAfterFinished removes a finished job', async () => {
  await start({}, 20);
  await cluster.advance(61);
  await succeed();
  await cluster.advance(19);
  expect((await jobs()).length).toBe(1);
  await cluster.advance(2);
  expect((await jobs()).length).toBe(0);
});
