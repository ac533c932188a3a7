/** A cluster with nothing to do does next to nothing, and one that nobody ran for an hour has missed nothing. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ManualClock, RealClock, type Clock } from '../../sandbox/core/clock.ts';
import { Random } from '../../sandbox/core/random.ts';
import { macrotask } from '../../sandbox/core/slice.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import {
  CRON_JOBS,
  DEPLOYMENTS,
  EVENTS,
  JOBS,
  NODES,
  PODS,
  SERVICE_ACCOUNTS,
  type ResourceType,
} from '../../sandbox/cluster/client/resources.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import { deploymentOf } from '../../sandbox/cluster/simulated-cluster.ts';
import { findCommand } from '../../sandbox/shell/commands/registry.ts';

const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
/** Rounds of the event loop in which whatever a timer set off comes to its end. */
const QUIET_ROUNDS = 20;

const tokenReviews: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  resource: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};

let cluster: Cluster;
// Programs are loaded when they are first run, in real time for which the manual clock does not wait.
beforeAll(async () => {
  await import('../../sandbox/cluster/images/busybox/applets.ts');
  await Promise.all(['sleep', 'true'].map((name) => findCommand(name)));
});
afterEach(() => {
  cluster.dispose();
  vi.restoreAllMocks();
});

function start(clock: Clock, nodes: number): Client {
  cluster = new Cluster({ clock, random: new Random(1), nodes });
  return new Client(cluster.api, { user: ADMIN });
}

async function settle(): Promise<void> {
  const { store } = cluster.api;
  for (let quiet = 0, revision = -1; quiet < QUIET_ROUNDS; quiet++) {
    if (store.revision !== revision) quiet = 0;
    revision = store.revision;
    await macrotask();
  }
}

const web = (replicas: number) =>
  deploymentOf('web', replicas, {
    pod: { containers: [{ name: 'main', image: 'busybox:1', command: ['sleep', '1000000'] }] },
  });

describe('nothing to do', () => {
  /** How many timers fire in ten minutes, and what is written meanwhile. */
  async function tenMinutes(pods: number): Promise<{ timers: number; written: string[] }> {
    const clock = new ManualClock();
    const admin = start(clock, 1);
    await clock.advance(5000, settle);
    await cluster.ready;
    await admin.create(DEPLOYMENTS, web(pods));
    await clock.advance(120_000, settle);
    const written = new Set<string>();
    cluster.onStored((keys) => {
      for (const key of keys) written.add(key);
    });
    let timers = 0;
    for (const end = clock.now() + 600_000; clock.next !== undefined && clock.next <= end; timers++) {
      clock.step();
      await settle();
    }
    return { timers, written: [...written].sort() };
  }

  test('writes leases and what nodes say of themselves, and no timer is there for pods', async () => {
    const none = await tenMinutes(0);
    cluster.dispose();
    const some = await tenMinutes(40);
    expect(some.written).toEqual([
      'coordination.k8s.io/leases kube-node-lease/slipway-control-plane',
      'nodes slipway-control-plane',
    ]);
    expect(none.written).toEqual(some.written);
    // Sixty leases, the node's heartbeats and looks at them: the same for no pods and for forty.
    expect(Math.abs(some.timers - none.timers)).toBeLessThanOrEqual(2);
    expect(none.timers).toBeLessThan(100);
  }, 60_000);

  test('a hundred pods with two probes each have a timer for each probe, and nothing is written', async () => {
    const clock = new ManualClock();
    const admin = start(clock, 1);
    await clock.advance(5000, settle);
    await cluster.ready;
    const probe = { exec: { command: ['true'] }, periodSeconds: 10 };
    const container = { name: 'main', image: 'busybox:1', command: ['sleep', '1000000'] };
    await admin.create(
      DEPLOYMENTS,
      deploymentOf('web', 100, {
        pod: { containers: [{ ...container, livenessProbe: probe, readinessProbe: probe }] },
      }),
    );
    await clock.advance(3_000, settle);
    const { status } = await admin.get(DEPLOYMENTS, { namespace: 'default', name: 'web' });
    expect(status?.readyReplicas).toBe(100);
    const { revision } = cluster.api.store;
    const seconds = 60;
    let timers = 0;
    for (const end = clock.now() + seconds * 1000; clock.next !== undefined && clock.next <= end; timers++) {
      clock.step();
      await macrotask();
    }
    const probes = 2 * 100 * (seconds / 10);
    expect(timers).toBeGreaterThanOrEqual(probes);
    // Six leases, the node's heartbeats and looks at them.
    expect(timers - probes).toBeLessThan(20);
    expect(cluster.api.store.revision - revision).toBeLessThan(20);
  }, 120_000);
});

describe('asleep for an hour', () => {
  test('nobody is evicted, no CronJob catches up, every token is good', async () => {
    const admin = start(new RealClock(Date.UTC(2026, 0, 1, 0, 0, 20)), 2);
    await cluster.ready;
    await admin.create(DEPLOYMENTS, web(3));
    await admin.create(CRON_JOBS, {
      metadata: { namespace: 'default', name: 'tick' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [{ name: 'main', image: 'busybox:1', command: ['true'] }],
              },
            },
          },
        },
      },
    });
    const ready = async () =>
      (await admin.get(DEPLOYMENTS, { namespace: 'default', name: 'web' })).status?.readyReplicas;
    await expect.poll(ready, { timeout: 20_000 }).toBe(3);
    const uids = async () =>
      (await admin.list(PODS, { namespace: 'default' })).items.map(({ metadata }) => metadata.uid);
    const before = await uids();
    // Of ten minutes, which an hour is longer than.
    const asked = { metadata: {}, spec: { expirationSeconds: 600 } };
    const account = { namespace: 'default', name: 'default' };
    const issued = await admin.createSubresource(SERVICE_ACCOUNTS, account, 'token', asked);
    const token: string = issued.status.token;

    // The thread stood still: no timer ran, and the platform's time went on.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000);
    // As long as it takes for every timer that came due to have run, leases and heartbeats among them.
    await expect.poll(async () => (await admin.list(NODES)).items.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 1500));

    expect(await uids()).toEqual(before);
    expect((await admin.list(JOBS)).items).toHaveLength(0);
    for (const { spec, status } of (await admin.list(NODES)).items) {
      expect(
        spec.taints?.some(({ key }) => key?.includes('unreachable') || key?.includes('not-ready')) ?? false,
      ).toBe(false);
      expect(status!.conditions!.find(({ type }) => type === 'Ready')!.status).toBe('True');
    }
    const bad = ['NodeNotReady', 'TaintManagerEviction', 'TooManyMissedTimes', 'MissSchedule', 'FailedMount'];
    const events = (await admin.list(EVENTS)).items.filter(({ reason }) => bad.includes(reason!));
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([]);
    const review = await admin.create(tokenReviews, { metadata: {}, spec: { token } });
    expect(review.status).toMatchObject({ authenticated: true });
    expect(await ready()).toBe(3);
  }, 60_000);
});
