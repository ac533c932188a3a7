/** helm 4 against `npm run cluster`'s server, with a chart of our own. The tests build on each other. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientTool } from './client-tools.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

const CHART = fileURLToPath(new URL('fixtures/charts/shop', import.meta.url));
const namespace = 'default';

let cluster: ServedCluster;
let directory: string;
const config = new KubeConfig();
const core = () => config.makeApiClient(CoreV1Api);
const apps = () => config.makeApiClient(AppsV1Api);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-helm-'));
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig);
  config.loadFromString(cluster.kubeconfig);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig') };
  try {
    const done = await promisify(execFile)(await clientTool('helm'), args, { cwd: directory, env });
    return { code: 0, ...done };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** The output of a command that must succeed. */
async function helm(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
  return stdout;
}

const page = async (release: string) =>
  (await core().readNamespacedConfigMap({ namespace, name: `${release}-page` })).data!;
const revisions = async (
  release: string,
): Promise<{ revision: number; status: string; description: string }[]> =>
  JSON.parse(await helm('history', release, '--output', 'json'));

describe('a release', () => {
  test('is installed after its hook, with what the cluster can do and has', async () => {
    await core().createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'neighbour' }, data: { color: 'green' } },
    });
    const text = await helm('install', 'demo', CHART, '--wait', '--timeout', '60s');
    expect(text).toMatch(/^STATUS: deployed$/m);
    expect(text).toContain('demo says hello.');
    expect(await page('demo')).toMatchObject({
      'index.html': 'hello',
      kubernetes: 'v1.35.4',
      hasDeployments: 'true',
      hasGadgets: 'false',
      found: 'green',
      revision: '1',
    });
    const { status } = await apps().readNamespacedDeployment({ namespace, name: 'demo-web' });
    expect(status?.availableReplicas).toBe(1);
    // The hook did its work and is gone.
    const { items } = await config.makeApiClient(BatchV1Api).listNamespacedJob({ namespace });
    expect(items).toEqual([]);
    const { items: events } = await core().listNamespacedEvent({ namespace });
    expect(
      events.some(
        ({ involvedObject, reason }) => involvedObject.name === 'demo-pre-install' && reason === 'Completed',
      ),
    ).toBe(true);
  });

  test('brings its kind, and an object of it', async () => {
    const crd = await config
      .makeApiClient(ApiextensionsV1Api)
      .readCustomResourceDefinition({ name: 'widgets.shop.slipway.test' });
    expect(crd.status?.conditions?.find(({ type }) => type === 'Established')?.status).toBe('True');
    const widget = await config.makeApiClient(CustomObjectsApi).getNamespacedCustomObject({
      group: 'shop.slipway.test',
      version: 'v1',
      namespace,
      plural: 'widgets',
      name: 'demo',
    });
    expect(widget.spec).toEqual({ size: 3 });
  });

  test('passes its test', async () => {
    const text = await helm('test', 'demo', '--logs', '--timeout', '60s');
    expect(text).toMatch(/^TEST SUITE: +demo-answers$/m);
    expect(text).toMatch(/^Phase: +Succeeded$/m);
    expect(text).toMatch(/POD LOGS: demo-answers\s+hello/);
  });

  test('is upgraded, its hook after it', async () => {
    await helm('upgrade', 'demo', CHART, '--wait', '--timeout', '60s', '--set', 'replicas=2,greeting=hi');
    const { spec, status } = await apps().readNamespacedDeployment({ namespace, name: 'demo-web' });
    expect([spec?.replicas, status?.availableReplicas]).toEqual([2, 2]);
    const { items } = await core().listNamespacedPod({
      namespace,
      labelSelector: 'job-name=demo-post-upgrade',
    });
    const log = await core().readNamespacedPodLog({ namespace, name: items[0]!.metadata!.name! });
    expect(log).toBe('post-upgrade of demo revision 2\n');
  });

  test('tells of itself', async () => {
    expect(await helm('list')).toMatch(/^demo\s+default\s+2\s+.*\sdeployed\s+shop-1\.2\.3\s+1\s*$/m);
    const status = JSON.parse(await helm('status', 'demo', '--output', 'json'));
    expect(status).toMatchObject({ name: 'demo', version: 2, info: { status: 'deployed' } });
    expect(JSON.parse(await helm('get', 'values', 'demo', '--output', 'json'))).toEqual({
      replicas: 2,
      greeting: 'hi',
    });
    expect(await helm('get', 'manifest', 'demo')).toContain('# Source: shop/templates/deployment.yaml');
    expect(await helm('get', 'hooks', 'demo')).toContain('name: demo-post-upgrade');
    expect(await helm('get', 'notes', 'demo')).toContain('demo says hi.');
  });

  test('does not take over what somebody else has come to own, unless forced', async () => {
    const body = [{ op: 'replace', path: '/data/index.html', value: 'mine' }];
    await core().patchNamespacedConfigMap({ namespace, name: 'demo-page', body, fieldManager: 'somebody' });
    const refused = await run('upgrade', 'demo', CHART, '--set', 'greeting=hey');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('conflict with "somebody" using v1: .data.index.html');
    await helm('upgrade', 'demo', CHART, '--set', 'greeting=hey', '--force-conflicts', '--wait');
    expect((await page('demo'))['index.html']).toBe('hey');
  });

  test('is rolled back', async () => {
    expect(await helm('rollback', 'demo', '1', '--wait', '--force-conflicts')).toBe(
      'Rollback was a success! Happy Helming!\n',
    );
    expect((await page('demo'))['index.html']).toBe('hello');
    const all = await revisions('demo');
    expect(all.at(-1)).toMatchObject({ status: 'deployed', description: 'Rollback to 1' });
    expect(all.filter(({ status }) => status === 'deployed')).toHaveLength(1);
  });

  test('goes back by itself when an upgrade fails', async () => {
    const failed = await run(
      'upgrade',
      'demo',
      CHART,
      '--rollback-on-failure',
      '--timeout',
      '4s',
      '--set',
      'image=nope.slipway.test/none:1',
    );
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /release demo failed, and has been rolled back due to rollback-on-failure being set/,
    );
    const all = await revisions('demo');
    expect(all.slice(-2).map(({ status }) => status)).toEqual(['failed', 'deployed']);
    const { spec } = await apps().readNamespacedDeployment({ namespace, name: 'demo-web' });
    expect(spec?.template.spec?.containers[0]?.image).toBe('nginx:1');
  });

  test('is uninstalled; its kind stays', async () => {
    expect(await helm('uninstall', 'demo', '--wait')).toBe('release "demo" uninstalled\n');
    const { items } = await apps().listNamespacedDeployment({ namespace });
    expect(items).toEqual([]);
    await config
      .makeApiClient(ApiextensionsV1Api)
      .readCustomResourceDefinition({ name: 'widgets.shop.slipway.test' });
    expect(await helm('list', '--short')).toBe('');
  });
});

test("helm's own first chart is installed, scaled and uninstalled", async () => {
  await helm('create', 'first');
  const image = ['--set', 'image.repository=nginx,image.tag=1'];
  expect(await helm('install', 'first', 'first', '--wait', ...image)).toMatch(/^STATUS: deployed$/m);
  await helm('upgrade', 'first', 'first', '--wait', '--set', 'replicaCount=2', ...image);
  const { spec } = await apps().readNamespacedDeployment({ namespace, name: 'first' });
  expect(spec?.replicas).toBe(2);
  expect(await helm('uninstall', 'first', '--wait')).toBe('release "first" uninstalled\n');
});

describe('what cannot be installed', () => {
  test('leaves nothing behind when it shall roll back', async () => {
    const failed = await run(
      'install',
      'broken',
      CHART,
      '--rollback-on-failure',
      '--timeout',
      '4s',
      '--set',
      'image=nope.slipway.test/none:1',
    );
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /release broken failed, and has been uninstalled due to rollback-on-failure being set/,
    );
    expect((await apps().listNamespacedDeployment({ namespace })).items).toEqual([]);
    const { items } = await core().listNamespacedSecret({ namespace, labelSelector: 'owner=helm' });
    expect(items).toEqual([]);
  });

  test('because the values are not as the chart wants them', async () => {
    const { code, stderr } = await run('install', 'wrong', CHART, '--set', 'replicas=many');
    expect(code).toBe(1);
    expect(stderr).toContain("values don't meet the specifications of the schema(s)");
  });

  test('because the server refuses an object', async () => {
    const { code, stderr } = await run('install', 'wrong', CHART, '--set', 'widget.size=0');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
    );
  });
});
