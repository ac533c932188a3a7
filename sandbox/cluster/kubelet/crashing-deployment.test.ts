/** The situation of exercise 7.1, on a whole cluster with the exercise's own manifests. */
import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { readText } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import type { KubernetesObject } from '../api/object.ts';
import { Client } from '../client/client.ts';
import { PODS, RESOURCES, type ResourceType } from '../client/resources.ts';
import { COMMANDS } from '../../shell/commands/registry.ts';
import { Cluster } from '../cluster.ts';
import { PROGRAMS } from '../images/registry.ts';

const EXERCISE = new URL('../../../content/exercises/orchestration/repair-a-crashing-pod/', import.meta.url);

let clock: ManualClock;
let cluster: Cluster;
let client: Client;

const pass = (seconds: number) =>
  clock.advance(seconds * 1000, async () => {
    for (let turn = 0; turn < 60; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  });

async function apply(file: string): Promise<void> {
  for (const object of loadAll(readFileSync(new URL(file, EXERCISE), 'utf8')) as KubernetesObject[]) {
    const type = Object.values(RESOURCES).find(({ kind }) => kind === object.kind) as ResourceType;
    object.metadata.namespace = 'default';
    await client.apply(type, object, { fieldManager: 'kubectl', force: true });
  }
}

/** What `kubectl get pods` shows of each: `CrashLoopBackOff 3`, `Running 0 ready`. */
async function pods(): Promise<string[]> {
  const { items } = await client.list(PODS, { namespace: 'default', labelSelector: 'app=web' });
  return items
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ status }) => {
      const { state, restartCount, ready } = status!.containerStatuses![0]!;
      const shown = state!.waiting?.reason ?? state!.terminated?.reason ?? 'Running';
      return `${shown} ${restartCount}${ready ? ' ready' : ''}`;
    })
    .sort();
}

async function log(): Promise<string> {
  const { items } = await client.list(PODS, { namespace: 'default', labelSelector: 'app=web' });
  let out = '';
  for await (const bytes of await cluster.api.nodeConnector!.logs(items[0]!, 'web', {}))
    out += new TextDecoder().decode(bytes);
  return out;
}

const ask = async () =>
  readText(
    await cluster.network.fetchService(
      { namespace: 'default', service: 'web', port: 80 },
      { method: 'GET', path: '/', headers: {} },
    ),
  );

beforeEach(async () => {
  // Programs are loaded when they are first run, which takes real time that the clock knows nothing of.
  await Promise.all(['sh', 'mkdir', 'cp'].map((name) => COMMANDS[name]!()));
  await PROGRAMS.get('busybox')!();
  clock = new ManualClock();
  cluster = new Cluster({ clock, random: new Random(7), nodes: 1 });
  client = new Client(cluster.api, { user: { username: 'kubernetes-admin', groups: ['system:masters'] } });
  await pass(1);
  await cluster.ready;
});
afterEach(() => cluster.dispose());

test('crashes, says why, and recovers once it is repaired', async () => {
  await apply('start/web.yaml');
  await pass(0.5);
  expect(await pods()).toEqual(['Error 0', 'Error 0']);
  await pass(40);
  for (const pod of await pods()) expect(pod).toMatch(/^(Error|CrashLoopBackOff) [23]$/);
  expect(await log()).toMatch(/cp: .*'?\/pages\/index\.html'?: No such file or directory/);
  await expect(ask()).rejects.toThrow('Connection refused');

  await apply('solution/web.yaml');
  await pass(30);
  expect(await pods()).toEqual(['Running 0 ready', 'Running 0 ready']);
  expect(await ask()).toBe('<h1>Open for business</h1>\n');
  await pass(60);
  expect(await pods()).toEqual(['Running 0 ready', 'Running 0 ready']);
});

test('with only the crash repaired it runs, and is not Ready', async () => {
  await apply('start/web.yaml');
  await pass(5);
  await apply('wrong/only-the-crash/web.yaml');
  await pass(30);
  expect(await pods()).toContain('Running 0');
  await expect(ask()).rejects.toThrow('Connection refused');
});
