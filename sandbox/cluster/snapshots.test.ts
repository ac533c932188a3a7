import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000, hookTimeout: 40_000 });

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ addons: ['snapshots'] });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const apply = (yaml: string) => {
  terminal.write('m.yaml', yaml);
  return output('kubectl apply -f m.yaml');
};

const claim = (name: string, more = '', size = '10Mi') => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ${name}, labels: {app: shop}}
spec: {accessModes: [ReadWriteOnce], storageClassName: csi-hostpath-sc, resources: {requests: {storage: ${size}}}${more}}
---
`;
const from = (kind: string, name: string) =>
  `, dataSource: {${kind === 'VolumeSnapshot' ? 'apiGroup: snapshot.storage.k8s.io, ' : ''}kind: ${kind}, name: ${name}}`;
const pod = (name: string, claimName: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "busybox:1", command: [sleep, "100000"], volumeMounts: [{name: v, mountPath: /data}]}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: ${claimName}}}]
---
`;
const snapshot = (name: string, claimName: string) => `apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: ${name}}
spec: {volumeSnapshotClassName: csi-hostpath-snapclass, source: {persistentVolumeClaimName: ${claimName}}}
---
`;
const ready = (kind: string, name: string) =>
  output(`kubectl wait --for=jsonpath={.status.readyToUse}=true ${kind}/${name} --timeout 30s`);
const running = (name: string) => output(`kubectl wait --for=condition=Ready pod/${name} --timeout 60s`);
const events = async (name: string) =>
  (
    await output(
      `kubectl get events --field-selector involvedObject.name=${name} --sort-by=.metadata.resourceVersion -o custom-columns=T:.type,R:.reason,M:.message --no-headers`,
    )
  )
    .trim()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' ').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…'));

describe('VolumeSnapshots', () => {
  test('a restored volume has the data as of the snapshot, and goes its own way', async () => {
    await apply(claim('data') + pod('writer', 'data'));
    await running('writer');
    await output(`kubectl exec writer -- sh -c 'echo before > /data/a'`);
    await apply(snapshot('first', 'data'));
    await ready('volumesnapshot', 'first');
    await output(`kubectl exec writer -- sh -c 'echo after > /data/a; echo new > /data/b'`);
    expect(
      (await output('kubectl get volumesnapshot')).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…'),
    ).toMatch(
      /^NAME +READYTOUSE +SOURCEPVC +SOURCESNAPSHOTCONTENT +RESTORESIZE +SNAPSHOTCLASS +SNAPSHOTCONTENT +CREATIONTIME +AGE\nfirst +true +data +10Mi +csi-hostpath-snapclass +snapcontent-… +\d+s +\d+s\n$/,
    );
    expect(await events('first')).toEqual([
      'Normal CreatingSnapshot Waiting for a snapshot default/first to be created by the CSI driver.',
      'Normal SnapshotCreated Snapshot default/first was successfully created by the CSI driver.',
      'Normal SnapshotReady Snapshot default/first is ready to use.',
    ]);
    await apply(claim('restored', from('VolumeSnapshot', 'first')) + pod('reader', 'restored'));
    await running('reader');
    expect(await output(`kubectl exec reader -- sh -c 'cat /data/a; ls /data'`)).toBe('before\na\n');
    await output(`kubectl exec reader -- sh -c 'echo mine > /data/a'`);
    expect(await output('kubectl exec writer -- cat /data/a')).toBe('after\n');
    expect((await events('restored')).slice(0, 3)).toEqual([
      expect.stringMatching(
        /^Normal ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'hostpath\.csi\.k8s\.io' /,
      ),
      'Normal Provisioning External provisioner is provisioning volume for claim "default/restored"',
      'Normal ProvisioningSucceeded Successfully provisioned volume pvc-…',
    ]);
  });

  test('says what is wrong with a snapshot or a restore', async () => {
    await apply(
      claim('plain').replace('storageClassName: csi-hostpath-sc, ', '') +
        pod('user', 'plain') +
        snapshot('lost', 'nowhere') +
        snapshot('classless', 'plain').replace('volumeSnapshotClassName: csi-hostpath-snapclass, ', '') +
        snapshot('local', 'plain') +
        snapshot('misnamed', 'plain').replace('csi-hostpath-snapclass', 'nope') +
        claim('early', from('VolumeSnapshot', 'lost')) +
        claim('nobody', from('PersistentVolumeClaim', 'nowhere')),
    );
    await running('user');
    await terminal.pass(20_000);
    const message = async (name: string) =>
      (await output(`kubectl get volumesnapshot ${name} -o jsonpath={.status.error.message}`)).replace(
        /pvc-[0-9a-f-]{36}/,
        'pvc-…',
      );
    expect(await message('lost')).toBe(
      'Failed to create snapshot content with error snapshot controller failed to update lost on API server: cannot get claim from snapshot',
    );
    expect(await message('classless')).toBe(
      'Failed to set default snapshot class with error snapshotting non-CSI volumes is not supported, snapshot:default/classless',
    );
    expect(await message('local')).toBe(
      'Failed to create snapshot content with error cannot find CSI PersistentVolumeSource for volume pvc-…',
    );
    expect(await message('misnamed')).toBe(
      'Failed to get snapshot class with error volumesnapshotclass.snapshot.storage.k8s.io "nope" not found',
    );
    expect(await events('early')).toContain(
      'Warning ProvisioningFailed failed to provision volume with StorageClass "csi-hostpath-sc": error getting handle for DataSource Type VolumeSnapshot by Name lost: snapshot lost not bound',
    );
    expect(await events('nobody')).toContain(
      'Warning ProvisioningFailed failed to provision volume with StorageClass "csi-hostpath-sc": error getting handle for DataSource Type PersistentVolumeClaim by Name nowhere: error getting PVC nowhere (namespace "default") from api server: persistentvolumeclaims "nowhere" not found',
    );
    // Once there is such a claim all goes well.
    await apply(claim('nowhere'));
    await ready('volumesnapshot', 'lost');
    for (const name of ['early', 'nobody'])
      await output(`kubectl wait --for=jsonpath={.status.phase}=Bound pvc/${name} --timeout 90s`);
    await apply(claim('small', from('VolumeSnapshot', 'lost'), '1Mi'));
    await terminal.pass(1000);
    expect(await events('small')).toContain(
      'Warning ProvisioningFailed failed to provision volume with StorageClass "csi-hostpath-sc": error getting handle for DataSource Type VolumeSnapshot by Name lost: requested volume size 1048576 is less than the size 10485760 for the source snapshot lost',
    );
  });

  test('a clone starts as its source is', async () => {
    await apply(claim('data') + pod('writer', 'data'));
    await running('writer');
    await output(`kubectl exec writer -- sh -c 'mkdir /data/d; echo one > /data/d/a'`);
    await apply(claim('copy', from('PersistentVolumeClaim', 'data')) + pod('reader', 'copy'));
    await running('reader');
    await output(`kubectl exec writer -- sh -c 'echo two > /data/d/a'`);
    expect(await output('kubectl exec reader -- cat /data/d/a')).toBe('one\n');
    expect(
      await output('kubectl get pvc copy -o jsonpath={.spec.dataSource.name}{.spec.dataSourceRef.name}'),
    ).toBe('datadata');
  });

  test('a snapshot outlives its claim, and its storage goes or stays as its class says', async () => {
    await apply(
      claim('data') +
        snapshot('gone', 'data') +
        snapshot('kept', 'data').replace('snapclass', 'keepclass') +
        `apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotClass
metadata: {name: csi-hostpath-keepclass}
driver: hostpath.csi.k8s.io
deletionPolicy: Retain
`,
    );
    await ready('volumesnapshot', 'gone');
    await ready('volumesnapshot', 'kept');
    expect(await output('kubectl get volumesnapshot gone -o jsonpath={.metadata.finalizers}')).toBe(
      '["snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection","snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"]',
    );
    expect(await output('kubectl get volumesnapshot kept -o jsonpath={.metadata.finalizers}')).toBe(
      '["snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection"]',
    );
    expect(await output('kubectl get pvc data -o jsonpath={.metadata.finalizers}')).toBe(
      '["kubernetes.io/pvc-protection"]',
    );
    await output('kubectl delete pvc data');
    await output('kubectl delete volumesnapshot --all');
    const contents = () =>
      output(
        'kubectl get volumesnapshotcontent -o custom-columns=S:.spec.volumeSnapshotRef.name,P:.spec.deletionPolicy,R:.status.readyToUse --no-headers',
      );
    expect(await contents()).toMatch(/^kept +Retain +true\n$/);
    expect(await output('kubectl get pv --no-headers 2>&1')).toBe('No resources found\n');

    // Its storage is still there: a new snapshot is bound to it by hand.
    const handle = await output(
      `kubectl get volumesnapshotcontent -o jsonpath='{.items[0].status.snapshotHandle}'`,
    );
    await output('kubectl delete volumesnapshotcontent --all');
    await apply(`apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotContent
metadata: {name: static}
spec:
  driver: hostpath.csi.k8s.io
  deletionPolicy: Delete
  source: {snapshotHandle: ${handle}}
  volumeSnapshotRef: {name: found, namespace: default}
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: found}
spec: {source: {volumeSnapshotContentName: static}}
---
${claim('again', from('VolumeSnapshot', 'found'))}`);
    await ready('volumesnapshot', 'found');
    await output('kubectl wait --for=jsonpath={.status.phase}=Bound pvc/again --timeout 60s');
    await output('kubectl delete volumesnapshot found');
    expect(await output('kubectl get volumesnapshotcontent 2>&1')).toBe('No resources found\n');
  });

  test('a group is taken at one moment, and its members go with it', async () => {
    await apply(claim('orders') + claim('stock') + pod('o', 'orders') + pod('s', 'stock'));
    await running('o');
    await running('s');
    for (const name of ['o', 's']) await output(`kubectl exec ${name} -- sh -c 'echo 7 > /data/count'`);
    await apply(`apiVersion: groupsnapshot.storage.k8s.io/v1
kind: VolumeGroupSnapshot
metadata: {name: shop}
spec:
  volumeGroupSnapshotClassName: csi-hostpath-groupsnapclass
  source: {selector: {matchLabels: {app: shop}}}
`);
    await ready('volumegroupsnapshot', 'shop');
    await output('kubectl wait --for=jsonpath={.status.readyToUse}=true volumesnapshot --all --timeout 30s');
    expect(await events('shop')).toEqual([
      'Normal CreatingGroupSnapshot Waiting for a group snapshot default/shop to be created by the CSI driver.',
      'Normal GroupSnapshotCreated GroupSnapshot default/shop was successfully created by the CSI driver.',
      'Normal GroupSnapshotReady GroupSnapshot default/shop is ready to use.',
    ]);
    const members = await output(
      `kubectl get volumesnapshot -o custom-columns=N:.metadata.name,C:.spec.source.persistentVolumeClaimName,G:.status.volumeGroupSnapshotName,T:.status.creationTime,O:.metadata.ownerReferences[0].kind --no-headers`,
    );
    const rows = members
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/));
    expect(rows.map(([, source, group, , owner]) => [source, group, owner]).sort()).toEqual([
      ['orders', 'shop', 'VolumeGroupSnapshot'],
      ['stock', 'shop', 'VolumeGroupSnapshot'],
    ]);
    expect(rows[0]![3]).toBe(rows[1]![3]);
    await output(`kubectl exec o -- sh -c 'echo 8 > /data/count'`);
    const names = Object.fromEntries(rows.map(([name, source]) => [source, name]));
    await apply(
      ['orders', 'stock']
        .map(
          (name) =>
            claim(`${name}-copy`, from('VolumeSnapshot', names[name]!)) + pod(`${name}-copy`, `${name}-copy`),
        )
        .join(''),
    );
    for (const name of ['orders-copy', 'stock-copy']) {
      await running(name);
      expect(await output(`kubectl exec ${name} -- cat /data/count`)).toBe('7\n');
    }
    await output(`kubectl delete volumesnapshot ${names['stock']} --wait=false`);
    await terminal.pass(1000);
    expect(await events(names['stock']!)).toContain(
      `Warning SnapshotDeletePending deletion of the individual volume snapshot default/${names['stock']} is not allowed as it belongs to group snapshot default/shop. Deleting the group snapshot will trigger the deletion of all the individual volume snapshots that are part of the group.`,
    );
    await output('kubectl delete volumegroupsnapshot shop');
    await terminal.pass(5000);
    expect(
      await output('kubectl get volumesnapshot,volumesnapshotcontent,volumegroupsnapshotcontent 2>&1'),
    ).toBe('No resources found\n');
  });

  test('a claim grows, once a pod has it mounted', async () => {
    await apply(
      claim('data') + claim('plain').replace('storageClassName: csi-hostpath-sc, ', '') + pod('p', 'plain'),
    );
    await running('p');
    const grow = (name: string) =>
      terminal.run(`kubectl patch pvc ${name} -p '{"spec":{"resources":{"requests":{"storage":"20Mi"}}}}'`);
    expect((await grow('plain')).output).toBe(
      'Error from server (Forbidden): persistentvolumeclaims "plain" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize\n',
    );
    expect((await grow('data')).exitCode).toBe(0);
    await terminal.pass(1000);
    const status = async () =>
      JSON.parse(await output('kubectl get pvc data -o jsonpath={.status}')) as object;
    const time = expect.any(String);
    expect(await status()).toEqual({
      accessModes: ['ReadWriteOnce'],
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
      allocatedResources: { storage: '20Mi' },
      capacity: { storage: '10Mi' },
      conditions: [
        { lastProbeTime: null, lastTransitionTime: time, status: 'True', type: 'Resizing' },
        {
          lastProbeTime: null,
          lastTransitionTime: time,
          message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
          status: 'True',
          type: 'FileSystemResizePending',
        },
      ],
      phase: 'Bound',
    });
    expect(await output('kubectl get pv -o jsonpath={.items[*].spec.capacity.storage}')).toContain('20Mi');
    await apply(pod('user', 'data'));
    await running('user');
    await terminal.pass(1000);
    expect(await status()).toEqual({
      accessModes: ['ReadWriteOnce'],
      allocatedResources: { storage: '20Mi' },
      capacity: { storage: '20Mi' },
      phase: 'Bound',
    });
    // Three components say so, each when it comes to it.
    expect((await events('data')).filter((line) => /Resiz|Expand/.test(line)).sort()).toEqual([
      'Normal ExternalExpanding waiting for an external controller to expand this PVC',
      'Normal FileSystemResizeRequired Require file system resize of volume on node',
      'Normal FileSystemResizeSuccessful MountVolume.NodeExpandVolume succeeded for volume "pvc-…" slipway-control-plane',
      'Normal Resizing External resizer is resizing volume pvc-…',
    ]);
  });
});

describe('on several nodes', () => {
  test('volumes spread, and one that is made from another is where that is', async () => {
    terminal.dispose();
    terminal = new TerminalDriver({ addons: ['snapshots'], nodes: 3 });
    await terminal.cluster.ready;
    const nodesOf = (label: string) =>
      output(
        `kubectl get pods -l app=${label} -o jsonpath='{range .items[*]}{.metadata.name}={.spec.nodeName}{"\\n"}{end}'`,
      );
    const shop = (name: string, claimName: string) =>
      pod(name, claimName).replace(`{name: ${name}}`, `{name: ${name}, labels: {app: shop}}`);
    await apply(claim('a') + claim('b') + snapshot('of-b', 'b') + shop('a', 'a') + shop('b', 'b'));
    await ready('volumesnapshot', 'of-b');
    await apply(claim('c', from('VolumeSnapshot', 'of-b')) + shop('c', 'c'));
    for (const name of ['a', 'b', 'c']) await running(name);
    const nodes = Object.fromEntries(
      (await nodesOf('shop'))
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    ) as Record<string, string>;
    expect(new Set([nodes['a'], nodes['b']])).toEqual(new Set(['slipway-worker', 'slipway-worker2']));
    expect(nodes['c']).toBe(nodes['b']);

    // Nobody answers for a node that is off; all goes on when it is back.
    terminal.cluster.nodes.get(nodes['b']!)!.stop();
    await apply(snapshot('later', 'b'));
    await terminal.pass(5000);
    expect(await output('kubectl get volumesnapshot later -o jsonpath={.status.readyToUse}')).toBe('false');
    await Promise.all([terminal.cluster.nodes.get(nodes['b']!)!.start(), terminal.pass(60_000)]);
    await ready('volumesnapshot', 'later');
  });
});
