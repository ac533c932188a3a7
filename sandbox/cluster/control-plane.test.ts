/** What must hold after whatever users did, and that the same seed does the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { SLICE_MS, setSliceMs } from '../core/slice.ts';
import { controllerOf, keyOf } from './api/object.ts';
import { isStatus } from './api/status.ts';
import { DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, PODS, REPLICA_SETS, SERVICES } from './client/resources.ts';
import { deploymentOf, SimulatedCluster } from './simulated-cluster.ts';

// The order of work must not depend on how fast the machine is.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

const NAMES = ['a', 'b', 'c'];
const STEPS = 25;

/** Does what users do, at random; returns what the cluster made of it. */
async function run(seed: number): Promise<{ cluster: SimulatedCluster; transcript: string[] }> {
  const random = new Random(seed);
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)]!;
  const cluster = new SimulatedCluster({ seed, startMs: 1500, stopMs: 700 });
  const { admin } = cluster;
  await cluster.addNodes('n1', 'n2', 'n3');
  for (const name of NAMES) {
    await admin.create(SERVICES, {
      metadata: { namespace: 'default', name },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    });
  }
  const actions: ((name: string) => Promise<unknown>)[] = [
    (name) =>
      admin.create(DEPLOYMENTS, deploymentOf(name, random.int(6), { image: `nginx:${random.int(3)}` })),
    (name) => patch(name, { replicas: random.int(8) }),
    (name) =>
      patch(name, {
        template: { spec: { containers: [{ name: 'main', image: `nginx:${random.int(3)}` }] } },
      }),
    (name) => patch(name, { paused: random.int(2) === 0 }),
    (name) =>
      admin.delete(
        DEPLOYMENTS,
        { namespace: 'default', name },
        {
          propagationPolicy: pick(['Foreground', 'Background']),
        },
      ),
    async () => {
      const { items } = await admin.list(PODS, { namespace: 'default' });
      if (items.length > 0) await admin.delete(PODS, pick(items).metadata);
    },
  ];
  const patch = (name: string, spec: object) =>
    admin.patch(DEPLOYMENTS, { namespace: 'default', name }, 'application/merge-patch+json', { spec });
  for (let step = 0; step < STEPS; step++) {
    try {
      await pick(actions)(pick(NAMES));
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'AlreadyExists')) throw error;
    }
    // Often in the middle of what the last action set off.
    if (random.int(3) > 0) await cluster.advance(random.int(4));
  }
  for (const { metadata } of (await admin.list(DEPLOYMENTS)).items) {
    if (metadata.deletionTimestamp === undefined) await patch(metadata.name!, { paused: null });
  }
  await cluster.advance(60);
  const { items: events } = await admin.list(EVENTS);
  const transcript = [...(await cluster.pods()), ...(await cluster.events())];
  expect(events.length).toBeGreaterThan(0);
  return { cluster, transcript };
}

test.each(Array.from({ length: 12 }, (_, i) => i + 1))('invariants hold after seed %i', async (seed) => {
  const { cluster } = await run(seed);
  const { admin } = cluster;
  const deployments = (await admin.list(DEPLOYMENTS)).items;
  const sets = (await admin.list(REPLICA_SETS)).items;
  const pods = (await admin.list(PODS, { namespace: 'default' })).items;
  cluster.dispose();

  const uids = new Set([...deployments, ...sets].map(({ metadata }) => metadata.uid));
  for (const object of [...sets, ...pods]) {
    expect(uids, `the controller of ${keyOf(object)}`).toContain(controllerOf(object)?.uid);
  }
  for (const { metadata, spec, status } of deployments) {
    const own = sets.filter((set) => controllerOf(set)?.uid === metadata.uid);
    expect(own.filter((set) => set.spec.replicas! > 0).length).toBeLessThanOrEqual(1);
    expect(own.reduce((sum, set) => sum + set.spec.replicas!, 0)).toBe(spec.replicas);
    const { observedGeneration, availableReplicas = 0, updatedReplicas = 0, replicas = 0 } = status!;
    expect({ observedGeneration, availableReplicas, updatedReplicas, replicas }).toEqual({
      observedGeneration: metadata.generation,
      availableReplicas: spec.replicas,
      updatedReplicas: spec.replicas,
      replicas: spec.replicas,
    });
  }
  for (const { metadata, spec, status } of sets) {
    const own = pods.filter((pod) => controllerOf(pod)?.uid === metadata.uid);
    expect(own.length).toBe(spec.replicas);
    expect(status!.readyReplicas ?? 0).toBe(spec.replicas);
  }
  const slices = (await admin.list(ENDPOINT_SLICES, { namespace: 'default' })).items;
  for (const name of NAMES) {
    const behind = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    const listed = behind.flatMap(({ endpoints }) =>
      (endpoints ?? []).map(({ targetRef }) => targetRef!.uid),
    );
    const ready = pods.filter(({ metadata }) => metadata.labels?.['app'] === name);
    expect(listed.toSorted()).toEqual(ready.map(({ metadata }) => metadata.uid).toSorted());
  }
});

test('the same seed does the same twice', async () => {
  const [first, second] = [await run(7), await run(7)];
  expect(second.transcript).toEqual(first.transcript);
  const other = await run(8);
  expect(other.transcript).not.toEqual(first.transcript);
  for (const { cluster } of [first, second, other]) cluster.dispose();
});
