/** `@kubernetes/client-node` against `npm run cluster`'s server. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  Attach,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  topNodes,
  Watch,
  type KubernetesObject,
  type V1ConfigMap,
  type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

let cluster: ServedCluster;
let directory: string;
const config = new KubeConfig();
const core = () => config.makeApiClient(CoreV1Api);
const namespace = 'default';
const CONFIG_MAPS = `/api/v1/namespaces/${namespace}/configmaps`;
const configMap = (name: string, of = 'client'): V1ConfigMap => ({ metadata: { name, labels: { of } } });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-client-node-'));
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  config.loadFromString(cluster.kubeconfig);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

describe('informers and watches', () => {
  test('an informer hears of what is there and of every change', async () => {
    const heard: string[] = [];
    const list = () => core().listNamespacedConfigMap({ namespace, labelSelector: 'of=client' });
    await core().createNamespacedConfigMap({ namespace, body: configMap('before') });
    const informer = makeInformer<V1ConfigMap>(config, CONFIG_MAPS, list, 'of=client');
    const gone = new Promise<void>((resolve) => {
      informer.on('add', ({ metadata }) => heard.push(`add ${metadata!.name}`));
      informer.on('update', ({ metadata }) => heard.push(`update ${metadata!.name}`));
      informer.on('delete', ({ metadata }) => {
        heard.push(`delete ${metadata!.name}`);
        resolve();
      });
    });
    await informer.start();
    const created = await core().createNamespacedConfigMap({ namespace, body: configMap('a') });
    await core().replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...created, data: { x: '1' } } });
    await core().deleteNamespacedConfigMap({ namespace, name: 'a' });
    await gone;
    await informer.stop();
    expect(heard).toEqual(['add before', 'add a', 'update a', 'delete a']);
  });

  test('a watch that ends goes on from where it was, and nothing is missed', async () => {
    const seen: string[] = [];
    let { resourceVersion } = (await core().listNamespacedConfigMap({ namespace })).metadata!;
    let watches = 0;
    const round = () =>
      new Promise<void>((resolve, reject) => {
        watches++;
        const query = { resourceVersion, timeoutSeconds: 1, labelSelector: 'of=reconnect' };
        const onEvent = (type: string, object: KubernetesObject) => {
          seen.push(`${type} ${object.metadata!.name}`);
          ({ resourceVersion } = object.metadata!);
        };
        void new Watch(config)
          .watch(CONFIG_MAPS, query, onEvent, (error) => (error ? reject(error as Error) : resolve()))
          .catch(reject);
      });
    const writing = (async () => {
      for (let at = 0; at < 12; at++) {
        await core().createNamespacedConfigMap({ namespace, body: configMap(`r-${at}`, 'reconnect') });
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    while (seen.length < 12) await round();
    await writing;
    expect(watches).toBeGreaterThan(1);
    expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => `ADDED r-${at}`));
  });

  test('a watch from a revision that never was is told so', async () => {
    const ended = new Promise<unknown>((resolve) => {
      void new Watch(config).watch(CONFIG_MAPS, { resourceVersion: 'x' }, () => {}, resolve);
    });
    expect(String(await ended)).toBe('Error: Internal Server Error');
  });
});

test('objects of any kind are applied, read, patched and deleted', async () => {
  const client = KubernetesObjectApi.makeApiClient(config);
  const spec = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'any', namespace },
    data: { a: '1' },
  };
  const apply = (manager: string, object: object, force?: boolean) =>
    client.patch(object, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
  await apply('one', spec);
  await apply('two', { ...spec, data: { b: '2' } });
  await expect(apply('two', { ...spec, data: { a: '3', b: '2' } })).rejects.toThrow(
    /Apply failed with 1 conflict: conflict with [\\"]+one[\\"]+: \.data\.a/,
  );
  await apply('two', { ...spec, data: { a: '3', b: '2' } }, true);
  const read = (await client.read(spec)) as V1ConfigMap;
  expect(read.data).toEqual({ a: '3', b: '2' });
  expect(read.metadata?.managedFields?.map(({ manager }) => manager)).toEqual(['two']);
  const { items } = await client.list(
    'v1',
    'ConfigMap',
    namespace,
    undefined,
    undefined,
    undefined,
    'metadata.name=any',
  );
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['any']);
  await client.delete(spec);
  await expect(client.read(spec)).rejects.toThrow('404');
});

describe('a pod', () => {
  const name = 'talker';
  const script = 'echo started; while read line; do echo "heard $line"; done; sleep 1000';

  beforeAll(async () => {
    const container = { name, image: 'busybox:1', stdin: true, command: ['sh', '-c', script] };
    await core().createNamespacedPod({
      namespace,
      body: { metadata: { name }, spec: { containers: [container] } },
    });
    await core().createNamespacedPod({
      namespace,
      body: { metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
    });
    await ready(name);
    await ready('web');
  });

  /** What a command in the talker prints. */
  async function execute(...command: string[]): Promise<{ status: V1Status; output: string }> {
    const stdout = new PassThrough();
    let output = '';
    stdout.on('data', (data) => (output += String(data)));
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec(namespace, name, name, command, stdout, null, null, false, resolve).catch(reject);
    });
    return { status, output };
  }

  test('runs a command and says how it ended', async () => {
    const { status, output } = await execute('sh', '-c', 'echo out; exit 4');
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: '4' }]);
    expect(output).toBe('out\n');
  });

  test('is attached to: its input and output are the terminal’s', async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    let output = '';
    stdout.on('data', (data) => (output += String(data)));
    const socket = await new Attach(config).attach(namespace, name, name, stdout, null, stdin, false);
    stdin.write('hello\n');
    await vi.waitFor(() => expect(output).toBe('heard hello\n'), { timeout: 5000 });
    socket.close();
  });

  test('is forwarded to', async () => {
    const request = new PassThrough();
    const response = new PassThrough();
    let text = '';
    response.on('data', (data) => (text += String(data)));
    const opened = await new PortForward(config).portForward(namespace, 'web', [80], response, null, request);
    request.write('GET / HTTP/1.0\r\nHost: web\r\n\r\n');
    await vi.waitFor(() => expect(text).toContain('Welcome to nginx!'), { timeout: 5000 });
    expect(text).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    (typeof opened === 'function' ? opened() : opened)?.close();
  });

  test('takes files and gives them back', async () => {
    const there = join(directory, 'there');
    const back = join(directory, 'back');
    await mkdir(there);
    await writeFile(join(there, 'page.html'), 'a page\n');
    await new Cp(config).cpToPod(namespace, name, name, there, '/tmp');
    await vi.waitFor(async () => expect((await execute('cat', '/tmp/page.html')).output).toBe('a page\n'), {
      timeout: 5000,
    });
    await new Cp(config).cpFromPod(namespace, name, name, 'page.html', back, '/tmp');
    const copied = () => readFile(join(back, 'page.html'), 'utf8');
    await vi.waitFor(async () => expect(await copied()).toBe('a page\n'), { timeout: 5000 });
  });

  test('counts in what its node has left', async () => {
    const [node] = await topNodes(core());
    expect(node!.Node.metadata?.name).toBeTruthy();
    expect(Number(node!.CPU.Capacity)).toBeGreaterThan(0);
  });

  test('is followed by its log until it ends', async () => {
    const log = new PassThrough();
    let logged = '';
    log.on('data', (data) => (logged += String(data)));
    await new Log(config).log(namespace, name, name, log, { follow: true });
    await core().deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 1 });
    await once(log, 'end');
    expect(logged).toBe('started\nheard hello\n');
  });
});

/** Resolves when the pod is Ready, by a watch. */
function ready(name: string): Promise<void> {
  return new Promise((resolve) => {
    const watching = new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      { fieldSelector: `metadata.name=${name}` },
      (_type, pod) => {
        const conditions: { type: string; status: string }[] = pod.status?.conditions ?? [];
        if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True'))
          void watching.then((controller) => (controller.abort(), resolve()));
      },
      () => {},
    );
  });
}
