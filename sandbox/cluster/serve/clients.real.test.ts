/** helm and `@kubernetes/client-node` against `npm run cluster`'s server. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  Watch,
  type V1ConfigMap,
  type V1Status,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientTool } from './client-tools.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

let cluster: ServedCluster;
let directory: string;
const config = new KubeConfig();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-clients-'));
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig);
  config.loadFromString(cluster.kubeconfig);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

describe('helm', () => {
  const helm = async (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig') };
    return (await promisify(execFile)(await clientTool('helm'), args, { cwd: directory, env })).stdout;
  };

  test('installs, upgrades, rolls back and uninstalls a chart', async () => {
    await helm('create', 'chart');
    const image = ['--set', 'image.repository=nginx,image.tag=1'];
    expect(await helm('install', 'demo', 'chart', '--wait', ...image)).toMatch(/^STATUS: deployed$/m);
    await helm('upgrade', 'demo', 'chart', '--wait', '--set', 'replicaCount=2', ...image);
    const { spec } = await config
      .makeApiClient(AppsV1Api)
      .readNamespacedDeployment({ namespace: 'default', name: 'demo-chart' });
    expect(spec?.replicas).toBe(2);
    expect(await helm('rollback', 'demo', '1')).toBe('Rollback was a success! Happy Helming!\n');
    expect(await helm('history', 'demo')).toMatch(/^3 .*deployed .*Rollback to 1 *$/m);
    expect(await helm('uninstall', 'demo', '--wait')).toBe('release "demo" uninstalled\n');
  });
});

describe('client-node', () => {
  const core = () => config.makeApiClient(CoreV1Api);
  const namespace = 'default';
  const configMap = (name: string): V1ConfigMap => ({ metadata: { name, labels: { of: 'client' } } });

  test('an informer hears of what is there and of every change', async () => {
    const heard: string[] = [];
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const list = () => core().listNamespacedConfigMap({ namespace, labelSelector: 'of=client' });
    await core().createNamespacedConfigMap({ namespace, body: configMap('before') });
    const informer = makeInformer<V1ConfigMap>(config, path, list, 'of=client');
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

  test('a watch ends when the server is asked to end it', async () => {
    const ended = new Promise<unknown>((resolve) => {
      void new Watch(config).watch('/api/v1/namespaces', { timeoutSeconds: 1 }, () => {}, resolve);
    });
    expect(await ended).toBeNull();
  });

  test('exec and logs', async () => {
    const name = 'talker';
    const container = { name, image: 'busybox:1', command: ['sh', '-c', 'echo started; sleep 1000'] };
    await core().createNamespacedPod({
      namespace,
      body: { metadata: { name }, spec: { containers: [container] } },
    });
    await ready(name);
    const output = new PassThrough();
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec(namespace, name, name, ['sh', '-c', 'echo out; exit 4'], output, null, null, false, resolve)
        .catch(reject);
    });
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: '4' }]);
    expect(String(output.read())).toBe('out\n');
    const log = new PassThrough();
    let logged = '';
    log.on('data', (data) => (logged += String(data)));
    await new Log(config).log(namespace, name, name, log, { follow: true });
    await core().deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 1 });
    await once(log, 'end');
    expect(logged).toBe('started\n');
  });

  /** Resolves when the pod is Ready, by a watch. */
  function ready(name: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    return new Promise((resolve) => {
      const watching = new Watch(config).watch(
        path,
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
});
