import { afterEach, expect, test } from 'vitest';
import type { PodDisruptionBudget } from '../client/kinds.ts';
import { DEPLOYMENTS, POD_DISRUPTION_BUDGETS } from '../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function statusOf(spec: Partial<PodDisruptionBudget['spec']>, replicas: number, startMs = 0) {
  cluster = new SimulatedCluster({ startMs });
  await cluster.addNodes('n1');
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', replicas));
  await cluster.admin.create(POD_DISRUPTION_BUDGETS, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
  await cluster.settle();
  return (await cluster.admin.get(POD_DISRUPTION_BUDGETS, { namespace: 'default', name: 'web' })).status;
}

test.each([
  { spec: { minAvailable: 2 }, replicas: 3, want: [3, 2, 3, 1] },
  { spec: { minAvailable: '50%' }, replicas: 5, want: [5, 3, 5, 2] },
  { spec: { maxUnavailable: 1 }, replicas: 4, want: [4, 3, 4, 1] },
  { spec: { maxUnavailable: '30%' }, replicas: 4, want: [4, 2, 4, 2] },
  { spec: { maxUnavailable: 0 }, replicas: 2, want: [2, 2, 2, 0] },
])('$spec of $replicas', async ({ spec, replicas, want }) => {
  const status = await statusOf(spec, replicas);
  const { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed } = status!;
  expect([currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed]).toEqual(want);
});

test('pods that are not ready allow nothing, and the condition says so', async () => {
  const status = await statusOf({ maxUnavailable: 1 }, 3, Infinity);
  expect(status).toMatchObject({ currentHealthy: 0, disruptionsAllowed: 0 });
  expect(status!.conditions).toEqual([
    expect.objectContaining({ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }),
  ]);
});
