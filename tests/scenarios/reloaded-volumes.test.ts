/** Volumes of a storage driver and their snapshots over a reload of the page: the cluster boots from what was stored. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { Random } from '../../sandbox/core/random.ts';
import { TerminalDriver } from '../../sandbox/cluster/terminal-driver.ts';
import type { StoredFile } from '../../sandbox/runtimes/embedded/session-store.ts';
import { StoredVolumes } from '../../sandbox/runtimes/embedded/stored-volumes.ts';

const OWNERS = ['pods', 'persistentvolumes', 'snapshot.storage.k8s.io/volumesnapshotcontents'];

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
afterEach(() => terminal.dispose());

/** Boots a cluster, or again the one that `before` had, with the records that were kept of its volumes. */
async function boot(records: Map<string, StoredFile>, before?: TerminalDriver): Promise<TerminalDriver> {
  const snapshot = before?.cluster.snapshot();
  const uids = new Set(
    OWNERS.flatMap((resource) => snapshot?.resources[resource] ?? []).map(({ metadata }) => metadata.uid),
  );
  const changed = new Set<string>();
  const volumes = new StoredVolumes(
    new Map(records),
    (uid) => uids.has(uid),
    (key) => changed.add(key),
  );
  // As the session does it: no uid may come twice.
  const random = new Random(1 + (snapshot?.revision ?? 0));
  terminal = new TerminalDriver({ addons: ['snapshots'], random, snapshot, volumes });
  keep.set(terminal, () => {
    for (const key of changed) {
      const record = volumes.record(key);
      if (record) records.set(key, record);
      else records.delete(key);
    }
    changed.clear();
  });
  let ready = false;
  void terminal.cluster.ready.then(() => (ready = true));
  while (!ready) await terminal.pass(50);
  return terminal;
}

/** Writes what has changed since, as a journal does. */
const keep = new Map<TerminalDriver, () => void>();

const MANIFESTS = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: csi-hostpath-sc, resources: {requests: {storage: 10Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: writer}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "busybox:1", command: [sleep, "100000"], volumeMounts: [{name: v, mountPath: /data}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]
`;
const SNAPSHOT = `apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: first}
spec: {volumeSnapshotClassName: csi-hostpath-snapclass, source: {persistentVolumeClaimName: data}}
`;
const RESTORE = MANIFESTS.replaceAll(/ame: data}/g, 'ame: copy}')
  .replace('writer', 'reader')
  .replace(
    'accessModes',
    'dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: first}, accessModes',
  );

async function apply(text: string): Promise<void> {
  terminal.write('m.yaml', text);
  await terminal.output('kubectl apply -f m.yaml');
}

test('a volume and its snapshot come back with what was in them, and a copy can still be made', async () => {
  const records = new Map<string, StoredFile>();
  const first = await boot(records);
  await apply(MANIFESTS);
  await terminal.output('kubectl wait --for=condition=Ready pod/writer --timeout 60s');
  await terminal.output(`kubectl exec writer -- sh -c 'mkdir /data/d; echo before > /data/d/a'`);
  await apply(SNAPSHOT);
  await terminal.output(
    'kubectl wait --for=jsonpath={.status.readyToUse}=true volumesnapshot/first --timeout 30s',
  );
  await terminal.output(`kubectl exec writer -- sh -c 'echo after > /data/d/a'`);
  keep.get(first)!();
  first.dispose();

  const second = await boot(records, first);
  await terminal.pass(10_000);
  expect(await terminal.output('kubectl exec writer -- cat /data/d/a')).toBe('after\n');
  await apply(RESTORE);
  await terminal.output('kubectl wait --for=condition=Ready pod/reader --timeout 60s');
  expect(await terminal.output('kubectl exec reader -- cat /data/d/a')).toBe('before\n');

  // What goes is not stored any more.
  await terminal.output('kubectl delete pod/writer pod/reader pvc/data pvc/copy volumesnapshot/first');
  await terminal.pass(1000);
  keep.get(second)!();
  expect([...records.keys()].filter((key) => key.endsWith('/a'))).toEqual([]);
}, 60_000);
