import { afterEach, expect, test } from 'vitest';
import { encode } from '../../core/bytes.ts';
import type { Pod } from '../client/kinds.ts';
import { CONFIG_MAPS, NODES, PODS } from '../client/resources.ts';
import { SimulatedNode, TEST_IMAGE } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

const conditions = (pod: Pod) =>
  Object.fromEntries(pod.status!.conditions!.map(({ type, status, reason }) => [type, reason ?? status]));

test('registers its node, Ready and with its images', async () => {
  node = new SimulatedNode();
  await node.machine.boot();
  const { status, spec } = await node.client.get(NODES, { name: 'node-1' });
  expect(spec.podCIDR).toBe('10.244.0.0/24');
  expect(status!.conditions!.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'MemoryPressure=False',
    'DiskPressure=False',
    'PIDPressure=False',
    'Ready=True',
  ]);
  expect(status!.nodeInfo!.kubeletVersion).toBe('v1.35.4');
  expect(status!.images![0]!.names).toEqual(['docker.io/library/test:1']);
});

test('runs a pod', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1' }] });
  const pod = await node.pod();
  expect(pod.status!.phase).toBe('Running');
  expect(pod.status!.podIP).toBe('10.244.0.2');
  expect(pod.status!.hostIP).toBe('172.18.0.2');
  expect(conditions(pod)).toEqual({
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
    PodScheduled: 'True',
  });
  const status = pod.status!.containerStatuses![0]!;
  expect(status).toMatchObject({
    image: 'docker.io/library/test:1',
    imageID: TEST_IMAGE.id,
    lastState: {},
    ready: true,
    restartCount: 0,
    started: true,
    state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
  });
  expect(status.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  expect(await node.events()).toEqual([
    'Pulled: Container image "test:1" already present on machine and can be accessed by the pod',
    'Created: Container created',
    'Started: Container started',
  ]);
});

test('a container that fails is restarted with a back-off', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1', command: ['fail', '3'] }] });
  const { uid } = (await node.pod()).metadata;
  expect((await node.state()).state).toMatchObject({ terminated: { exitCode: 3, reason: 'Error' } });
  expect(await node.log()).toBe('about to fail\n');

  await node.pass(1);
  expect((await node.state()).restartCount).toBe(1);
  await node.pass(1);
  // A status is made before what is tried next: that it is held back shows when it is tried again.
  expect((await node.state()).state).toMatchObject({ terminated: { exitCode: 3 } });
  const held: string[] = [];
  node.api.store.onChanges((changes) => {
    for (const { resource, object } of changes) {
      const { waiting } = object?.['status']?.containerStatuses?.[0]?.state ?? {};
      if (resource === 'pods' && waiting) held.push(`${waiting.reason}: ${waiting.message}`);
    }
  });
  const restarts: number[] = [];
  for (let seconds = 2; seconds < 1100; seconds++) {
    const before = (await node.state()).restartCount;
    await node.pass(1);
    if ((await node.state()).restartCount > before) restarts.push(seconds + 1);
  }
  const gaps = restarts.map((at, i) => at - (restarts[i - 1] ?? 1));
  for (const [i, seconds] of [10, 20, 40, 80, 160, 300].entries()) {
    expect(gaps[i]).toBeGreaterThanOrEqual(seconds);
    expect(gaps[i]).toBeLessThanOrEqual(seconds * 1.5 + 1);
    expect(held[i]).toMatch(
      new RegExp(
        `^CrashLoopBackOff: back-off [\\dms]+ restarting failed container=web pod=web_default\\(${uid}\\)$`,
      ),
    );
  }
  expect((await node.pod()).status!.phase).toBe('Running');
  const events = await node.events();
  const backOff = `BackOff: Back-off restarting failed container web in pod web_default(${uid})`;
  expect(events.some((event) => event.startsWith(backOff))).toBe(true);
});

test.each([
  ['a command that is not there', ['foo'], 'exec: "foo": executable file not found in $PATH'],
  ['a path that is not there', ['/bin/foo'], 'exec: "/bin/foo": stat /bin/foo: no such file or directory'],
  ['a file that is no program', ['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
  ['a directory', ['/etc'], 'exec: "/etc": permission denied'],
])('does not start %s', async (_name, command, why) => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1', command }] });
  const message =
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ' +
    `unable to start container process: ${why}`;
  const { state, lastState } = await node.state();
  expect(state).toEqual({ waiting: { message, reason: 'RunContainerError' } });
  expect(lastState).toMatchObject({
    terminated: { exitCode: 128, reason: 'StartError', message, startedAt: '1970-01-01T00:00:00Z' },
  });
  expect((await node.pod()).status!.phase).toBe('Running');
  expect(await node.events()).toContain(`Failed: Error: ${message}`);
  await node.pass(3);
  expect((await node.state()).state!.waiting!.reason).toBe('CrashLoopBackOff');
});

test('an image that is not to be had: ErrImagePull, then ImagePullBackOff', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'nginx:nope' }] });
  await node.pass(1);
  const why =
    'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": ' +
    'failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found';
  expect((await node.state()).state).toEqual({ waiting: { message: why, reason: 'ErrImagePull' } });
  await node.pass(16);
  expect((await node.state()).state).toEqual({
    waiting: {
      message: `Back-off pulling image "nginx:nope": ErrImagePull: ${why}`,
      reason: 'ImagePullBackOff',
    },
  });
  expect(await node.events()).toEqual([
    'Pulling: Pulling image "nginx:nope" ×2',
    `Failed: Failed to pull image "nginx:nope": ${why} ×2`,
    'Failed: Error: ErrImagePull ×2',
    'BackOff: Back-off pulling image "nginx:nope"',
    'Failed: Error: ImagePullBackOff',
  ]);
  await node.pass(10);
  expect(await node.events()).toContain('Pulling: Pulling image "nginx:nope" ×2');
});

test.each([
  [
    'Never',
    'other:1',
    'ErrImageNeverPull',
    'Container image "other:1" is not present with pull policy of Never',
  ],
  [
    'IfNotPresent',
    'Test:1',
    'InvalidImageName',
    'Failed to apply default image tag "Test:1": couldn\'t parse image name "Test:1": invalid reference format: repository name (library/Test) must be lowercase',
  ],
])('image policy %s, image %s: %s', async (imagePullPolicy, image, reason, message) => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image, imagePullPolicy }] });
  expect((await node.state()).state).toEqual({ waiting: { message, reason } });
});

test('pulls an image in believable time', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:slow' }] });
  expect((await node.state()).state!.waiting!.reason).toBe('ContainerCreating');
  await node.pass(2);
  expect((await node.state()).ready).toBe(true);
  expect((await node.state()).imageID).toBe(`docker.io/library/test@${TEST_IMAGE.digest}`);
  expect((await node.events())[1]).toMatch(
    /^Pulled: Successfully pulled image "test:slow" in \d+(\.\d+)?m?s \(\d.*s including waiting\)\. Image size: \d+ bytes\.$/,
  );
});

test('environment: Services, ConfigMaps, fields, resources, expansion', async () => {
  node = new SimulatedNode();
  await node.client.create(CONFIG_MAPS, {
    metadata: { name: 'settings', namespace: 'default' },
    data: { COLOUR: 'green', 'odd-key': 'x' },
  });
  await node.run(
    {
      containers: [
        {
          name: 'web',
          image: 'test:1',
          command: ['env', '$(FOO)', '$$(FOO)', '$(NOPE)'],
          envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
          env: [
            { name: 'FOO', value: 'bar' },
            { name: 'BAZ', value: '$(FOO)-$(S_COLOUR)-$(NOPE)' },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
            {
              name: 'MEMORY',
              valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
            },
          ],
          resources: { limits: { memory: '64Mi' } },
        },
      ],
    },
    { labels: { app: 'shop' } },
  );
  const lines = (await node.log()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'HOSTNAME=web',
      'HOME=/root',
      'S_COLOUR=green',
      'BAZ=bar-green-$(NOPE)',
      'NAME=web',
      'IP=10.244.0.2',
      'LABEL=shop',
      'CPU=2',
      'MEMORY=64',
      'KUBERNETES_SERVICE_HOST=10.96.0.1',
      'KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443',
    ]),
  );
});

test('what the environment lacks is waited for', async () => {
  node = new SimulatedNode();
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
  await node.run({ containers: [{ name: 'web', image: 'test:1', env }] });
  expect((await node.state()).state).toEqual({
    waiting: { message: 'configmap "late" not found', reason: 'CreateContainerConfigError' },
  });
  await node.client.create(CONFIG_MAPS, {
    metadata: { name: 'late', namespace: 'default' },
    data: { a: '1' },
  });
  await node.pass(11);
  expect((await node.state()).ready).toBe(true);
});

test('a ConfigMap volume is waited for, mounted, and follows changes', async () => {
  node = new SimulatedNode();
  await node.run({
    volumes: [{ name: 'pages', configMap: { name: 'pages' } }],
    containers: [{ name: 'web', image: 'test:1', volumeMounts: [{ name: 'pages', mountPath: '/pages' }] }],
  });
  expect((await node.state()).state!.waiting!.reason).toBe('ContainerCreating');
  expect(conditions(await node.pod())['PodReadyToStartContainers']).toBe('False');
  expect(await node.events()).toEqual([
    'FailedMount: MountVolume.SetUp failed for volume "pages" : configmap "pages" not found',
  ]);
  const metadata = { name: 'pages', namespace: 'default' };
  await node.client.create(CONFIG_MAPS, { metadata, data: { 'index.html': 'one' } });
  await node.pass(2);
  const { files } = node.kubelet.pod((await node.pod()).metadata.uid!)!.container('web')!.current!.machine;
  const page = () => new TextDecoder().decode(files.readFile('/pages/index.html'));
  expect(page()).toBe('one');
  expect(files.readLink('/pages/index.html')).toBe('..data/index.html');
  expect(() => files.writeFile('/pages/x', encode(''))).toThrow('Read-only file system');
  await node.client.patch(CONFIG_MAPS, metadata, 'application/merge-patch+json', {
    data: { 'index.html': 'two' },
  });
  await node.pass(91);
  expect(page()).toBe('two');
});

test('containers of a pod share its volumes and its localhost', async () => {
  node = new SimulatedNode();
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  await node.run({
    volumes: [{ name: 'shared', emptyDir: {} }],
    containers: [
      { name: 'web', image: 'test:1', command: ['serve', '8080'], volumeMounts },
      { name: 'other', image: 'test:1', command: ['touch', '/shared/here'], volumeMounts },
    ],
  });
  const worker = node.kubelet.pod((await node.pod()).metadata.uid!)!;
  expect(worker.container('web')!.current!.machine.files.readDirectory('/shared')).toEqual(['here']);
  await expect(worker.stack!.dial('localhost', 8080)).resolves.toBeUndefined();
  await expect(worker.stack!.dial('localhost', 8081)).rejects.toThrow('Connection refused');
});

test('init containers run in turn, a sidecar stays, then the others start', async () => {
  node = new SimulatedNode();
  await node.run({
    initContainers: [
      { name: 'first', image: 'test:1', command: ['sleep', '2'] },
      { name: 'side', image: 'test:1', restartPolicy: 'Always' },
      { name: 'second', image: 'test:1', command: ['sleep', '2'] },
    ],
    containers: [{ name: 'web', image: 'test:1' }],
  });
  const init = async () =>
    (await node.pod()).status!.initContainerStatuses!.map(({ state }) => Object.keys(state!)[0]);
  expect(await init()).toEqual(['running', 'waiting', 'waiting']);
  expect((await node.state()).state).toEqual({ waiting: { reason: 'PodInitializing' } });
  expect(conditions(await node.pod())['Initialized']).toBe('ContainersNotInitialized');
  await node.pass(3);
  expect(await init()).toEqual(['terminated', 'running', 'running']);
  await node.pass(2);
  expect(await init()).toEqual(['terminated', 'running', 'terminated']);
  const pod = await node.pod();
  expect(pod.status!.phase).toBe('Running');
  expect(conditions(pod)).toMatchObject({ Initialized: 'True', Ready: 'True' });
});

test('an init container that fails keeps the others back', async () => {
  node = new SimulatedNode();
  await node.run({
    initContainers: [{ name: 'first', image: 'test:1', command: ['fail', '5'] }],
    containers: [{ name: 'web', image: 'test:1' }],
  });
  await node.pass(5);
  const { phase, initContainerStatuses } = (await node.pod()).status!;
  expect(phase).toBe('Pending');
  expect(initContainerStatuses![0]!.state).toMatchObject({ terminated: { exitCode: 5 } });
  expect(initContainerStatuses![0]!.restartCount).toBe(1);
  expect((await node.state()).state).toEqual({ waiting: { reason: 'PodInitializing' } });
});

test.each([
  ['Never', 'sleep', '1', 'Succeeded', 'PodCompleted', 'Completed'],
  ['Never', 'fail', '4', 'Failed', 'PodFailed', 'Error'],
  ['OnFailure', 'sleep', '1', 'Succeeded', 'PodCompleted', 'Completed'],
])('restartPolicy %s, %s %s: %s', async (restartPolicy, command, arg, phase, reason, ended) => {
  node = new SimulatedNode();
  await node.run({ restartPolicy, containers: [{ name: 'web', image: 'test:1', command: [command, arg] }] });
  await node.pass(3);
  const pod = await node.pod();
  expect(pod.status!.phase).toBe(phase);
  expect(conditions(pod)).toMatchObject({
    PodReadyToStartContainers: 'False',
    Ready: reason,
    ContainersReady: reason,
  });
  const { state, ready, restartCount } = pod.status!.containerStatuses![0]!;
  expect([state!.terminated!.reason, ready, restartCount]).toEqual([ended, false, 0]);
  expect(pod.status!.podIP).toBe('10.244.0.2');
});

test('readiness follows the probe', async () => {
  node = new SimulatedNode();
  await node.run({
    containers: [
      {
        name: 'web',
        image: 'test:1',
        command: ['serve', '8080'],
        readinessProbe: { httpGet: { port: 8080, path: '/' }, periodSeconds: 2, failureThreshold: 2 },
      },
    ],
  });
  await node.pass(5);
  expect(conditions(await node.pod())['Ready']).toBe('ContainersNotReady');
  expect((await node.events()).at(-1)).toBe(
    'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503 ×3',
  );
  const { files } = node.kubelet.pod((await node.pod()).metadata.uid!)!.container('web')!.current!.machine;
  files.writeFile('/healthy', encode(''));
  await node.pass(2);
  expect(conditions(await node.pod())['Ready']).toBe('True');
  files.unlink('/healthy');
  await node.pass(2);
  expect(conditions(await node.pod())['Ready']).toBe('True');
  await node.pass(2);
  expect(conditions(await node.pod())['Ready']).toBe('ContainersNotReady');
});

test('a liveness probe that fails restarts the container', async () => {
  node = new SimulatedNode();
  await node.run({
    terminationGracePeriodSeconds: 3,
    containers: [
      {
        name: 'web',
        image: 'test:1',
        livenessProbe: { tcpSocket: { port: 81 }, periodSeconds: 2, failureThreshold: 3 },
      },
    ],
  });
  await node.pass(6);
  expect((await node.state()).restartCount).toBe(0);
  await node.pass(4);
  const { restartCount, lastState } = await node.state();
  expect(restartCount).toBe(1);
  // Its first process has no handler for TERM: the grace ran out.
  expect(lastState).toMatchObject({ terminated: { exitCode: 137, reason: 'Error' } });
  const events = await node.events();
  const unhealthy = 'Unhealthy: Liveness probe failed: dial tcp 10.244.0.2:81: connect: connection refused';
  expect(events.some((event) => event.startsWith(unhealthy))).toBe(true);
  expect(events).toContain('Killing: Container web failed liveness probe, will be restarted');
});

test('a startup probe holds the others back; one that errs counts for nothing', async () => {
  node = new SimulatedNode();
  await node.run({
    containers: [
      {
        name: 'web',
        image: 'test:1',
        startupProbe: { exec: { command: ['cat', '/up'] }, periodSeconds: 1, failureThreshold: 60 },
        livenessProbe: { exec: { command: ['nope'] }, periodSeconds: 1, failureThreshold: 1 },
      },
    ],
  });
  await node.pass(3);
  expect(await node.state()).toMatchObject({ started: false, ready: false });
  expect((await node.events()).at(-1)).toMatch(
    /^Unhealthy: Startup probe failed: cat: \/up: No such file or directory/,
  );
  const { files } = node.kubelet.pod((await node.pod()).metadata.uid!)!.container('web')!.current!.machine;
  files.writeFile('/up', encode(''));
  await node.pass(10);
  expect(await node.state()).toMatchObject({ started: true, ready: true, restartCount: 0 });
  const errored =
    /^Unhealthy: Liveness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "nope": executable file not found in \$PATH$/;
  expect((await node.events()).some((event) => errored.test(event))).toBe(true);
});

test('deleting: preStop, TERM, exit code, and gone', async () => {
  node = new SimulatedNode();
  await node.run({
    containers: [
      {
        name: 'web',
        image: 'test:1',
        command: ['polite'],
        lifecycle: { preStop: { exec: { command: ['sleep', '4'] } } },
      },
    ],
  });
  await node.client.delete(PODS, { namespace: 'default', name: 'web' });
  await node.pass(3);
  expect((await node.pod()).metadata.deletionTimestamp).toBeDefined();
  expect(await node.events()).toContain('Killing: Stopping container web');
  await node.pass(2);
  await expect(node.pod()).rejects.toThrow('pods "web" not found');
});

test('deleting a program that does not listen takes the whole grace', async () => {
  node = new SimulatedNode();
  await node.run({ terminationGracePeriodSeconds: 10, containers: [{ name: 'web', image: 'test:1' }] });
  await node.client.delete(PODS, { namespace: 'default', name: 'web' });
  await node.pass(9);
  expect((await node.pod()).metadata.deletionTimestamp).toBeDefined();
  await node.pass(1);
  await expect(node.pod()).rejects.toThrow('not found');
});

test('postStart that fails ends the container', async () => {
  node = new SimulatedNode();
  await node.run({
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: 'web', image: 'test:1', lifecycle: { postStart: { exec: { command: ['fail', '1'] } } } },
    ],
  });
  await node.pass(2.5);
  expect((await node.events()).slice(3)).toEqual([
    'FailedPostStartHook: PostStartHook failed',
    'Killing: FailedPostStartHook',
  ]);
  expect((await node.state()).state).toMatchObject({ terminated: { exitCode: 137 } });
});

test('a pod beyond its deadline fails', async () => {
  node = new SimulatedNode();
  await node.run({
    activeDeadlineSeconds: 3,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'web', image: 'test:1' }],
  });
  await node.pass(6);
  const { phase, reason, message } = (await node.pod()).status!;
  expect([phase, reason, message]).toEqual([
    'Failed',
    'DeadlineExceeded',
    'Pod was active on the node longer than the specified deadline',
  ]);
});

test('after a reboot of the node containers start again', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1' }] });
  await node.pass(60);
  const before = await node.pod();
  const snapshot = node.api.snapshot();
  node.kubelet.dispose();
  node = new SimulatedNode(snapshot);
  await node.machine.boot();
  await node.pass(1);
  const after = await node.pod();
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(await node.state()).toMatchObject({
    ready: true,
    restartCount: 1,
    lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
  });
  expect(await node.events()).toContain(
    'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
  );
});

test('runAsNonRoot refuses an image that runs as root', async () => {
  node = new SimulatedNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1', securityContext: { runAsNonRoot: true } }] });
  const { uid } = (await node.pod()).metadata;
  expect((await node.state()).state!.waiting).toEqual({
    reason: 'CreateContainerConfigError',
    message: `container has runAsNonRoot and image will run as root (pod: "web_default(${uid})", container: web)`,
  });
});

test('a root that may not be written', async () => {
  node = new SimulatedNode();
  await node.run({
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [
      {
        name: 'web',
        image: 'test:1',
        securityContext: { readOnlyRootFilesystem: true },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
  });
  const { files } = node.kubelet.pod((await node.pod()).metadata.uid!)!.container('web')!.current!.machine;
  expect(() => files.writeFile('/x', encode(''))).toThrow('Read-only file system');
  files.writeFile('/tmp/x', encode('y'));
  expect(files.readDirectory('/tmp')).toEqual(['x']);
});

test('a container whose image is changed is started again with it, whatever the restart policy says', async () => {
  node = new SimulatedNode();
  await node.run({
    restartPolicy: 'Never',
    containers: [{ name: 'web', image: 'test:1', command: ['polite'] }],
  });
  await node.pass(1);
  const image = 'docker.io/library/test:1';
  await node.client.patch(
    PODS,
    { namespace: 'default', name: 'web' },
    'application/strategic-merge-patch+json',
    { spec: { containers: [{ name: 'web', image }] } },
  );
  await node.pass(2);
  expect(await node.state()).toMatchObject({ image, restartCount: 1, ready: true });
  expect(await node.events()).toContain('Killing: Container web definition changed, will be restarted');
});
