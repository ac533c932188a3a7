/**
 * An add-on on a real cluster, from a folder that was filled before: it is installed, learners use its kinds and get no
 * further into it, and a reset leaves it where it is.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../../core/bytes.ts';
import { TerminalDriver } from '../../runtimes/contract/terminal-driver.ts';
import { AdminClient } from '../cluster/admin-client.ts';
import { HttpsOrigin } from '../cluster/https-origin.ts';
import { clusterKubeconfig } from '../cluster/kind-command.ts';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import { connectEngine } from '../engine/engine.ts';
import { archiveOf } from '../engine/image-build.ts';
import { nameOf } from '../engine/labels.ts';
import { newIdentity } from '../session/identity.ts';
import { KindSession } from '../session/kind-session.ts';
import { SandboxMaker } from '../session/sandbox-maker.ts';
import { readSettings, type Settings } from '../settings.ts';
import type { AddOn, ManifestStep } from './add-on.ts';
import { installAddOn } from './install.ts';

/** Nobody has this host: what is fetched comes from the folder. */
const HOST = 'https://add-ons.invalid';

const SIGNPOST: AddOn = {
  name: 'signpost',
  title: 'The signpost of the tests',
  version: '1.0.0',
  needs: ['depot'],
  namespaces: ['depot-system'],
  steps: [
    {
      kind: 'chart',
      repository: `${HOST}/charts`,
      chart: 'signpost',
      version: '1.0.0',
      release: 'signpost',
      namespace: 'depot-system',
      values: { to: 'nowhere' },
    },
    {
      kind: 'patch',
      object: 'configmap/signpost',
      namespace: 'depot-system',
      patch: { data: { to: 'the depot' } },
    },
  ],
};
const DEPOT: AddOn = {
  name: 'depot',
  title: 'The depot of the tests',
  version: 'v1',
  namespaces: ['depot-system'],
  openServices: ['depot-system/depot:8080'],
  steps: [{ kind: 'manifest', url: `${HOST}/v1/depot.yaml` }],
};

let folder: string;
let settings: Settings;
let session: KindSession;
let admin: HttpsOrigin;
let client: AdminClient;
const steps: string[] = [];

/** What `fetch.ts` would have put there. */
async function fill(): Promise<void> {
  const put = async (path: string, contents: Uint8Array | string) => {
    await mkdir(dirname(join(folder, 'add-ons.invalid', path)), { recursive: true });
    await writeFile(join(folder, 'add-ons.invalid', path), contents);
  };
  const source = (path: string) => readFile(new URL(`depot/${path}`, import.meta.url));
  await put('v1/depot.yaml', await source('depot.yaml'));
  const members = ['Chart.yaml', 'crds/signposts.yaml', 'templates/signpost.yaml'].map(async (path) => ({
    path: `signpost/${path}`,
    mode: 0o644,
    contents: await source(`chart/${path}`),
  }));
  const chart = gzipSync(archiveOf(await Promise.all(members)));
  const digest = createHash('sha256').update(chart).digest('hex');
  await put('charts/signpost-1.0.0.tgz', chart);
  const entry = { version: '1.0.0', urls: ['signpost-1.0.0.tgz'], digest };
  await put('charts/index.yaml', JSON.stringify({ entries: { signpost: [entry] } }));
}

async function uidOf(path: string): Promise<string | undefined> {
  return (await client.get<{ metadata: { uid: string } }>(path))?.metadata.uid;
}

async function inTerminal(command: string): Promise<{ output: string; exitCode: number }> {
  const terminal = await TerminalDriver.open(session);
  try {
    return await terminal.run(command);
  } finally {
    terminal.connection.close();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-add-ons-'));
  await fill();
  settings = readSettings({ ...process.env, SLIPWAY_ADD_ONS_FOLDER: folder });
  const engine = connectEngine();
  const { identity } = newIdentity({
    instance: `test-${process.pid}`,
    client: 'me',
    start: {
      id: 'orchestration/add-ons',
      version: '1',
      files: {
        'crate.yaml': 'apiVersion: gateway.networking.k8s.io/v1\nkind: Crate\nmetadata: {name: full}\n',
        'signpost.yaml': 'apiVersion: depot.example.com/v1\nkind: Signpost\nmetadata: {name: here}\n',
      },
      manifests: [],
      namespace: 'shop',
      nodes: 1,
      addons: ['signpost'],
    },
    nowMs: Date.now(),
    sessionMinutes: 60,
  });
  session = new KindSession(identity, new SandboxMaker(engine, settings, [SIGNPOST, DEPOT]));
  session.onStatus((status) => steps.splice(0, steps.length, ...(status.steps ?? steps)));
  await session.ready;
  admin = new HttpsOrigin(readKubeconfig(await clusterKubeconfig(settings, nameOf(identity.id))));
  client = new AdminClient(admin);
}, 600_000);

afterAll(async () => {
  admin?.dispose();
  await session?.close();
  await rm(folder, { recursive: true });
});

test('what is installed is told, in the order in which it is needed, and is ready', async () => {
  const told = steps.filter((step) => /depot|signpost/.test(step));
  expect(told).toEqual([
    'Fetching The depot of the tests (v1)',
    'Fetching The signpost of the tests (1.0.0)',
    'Installing The depot of the tests (v1)',
    'Installing The signpost of the tests (1.0.0)',
  ]);
  const path = '/apis/apps/v1/namespaces/depot-system/deployments/depot';
  expect(await client.get(path)).toMatchObject({ status: { availableReplicas: 1 } });
  expect(await client.get('/api/v1/namespaces/depot-system/configmaps/signpost')).toMatchObject({
    data: { to: 'the depot' },
  });
});

const SYSTEM = 'belongs to the cluster itself';
const ADD_ON = 'belongs to an add-on of the cluster';
const SECRETS = 'secrets of the namespaces of add-ons are not for learners';
const PROXY = '/api/v1/namespaces/depot-system/services/depot';
const CRATES = 'crates.gateway.networking.k8s.io';
test.each([
  ['its secret', 'kubectl -n depot-system get secret depot-key', SECRETS],
  ['its secrets by a list of all', 'kubectl get secrets -A', SECRETS],
  ['a watch of them', 'kubectl get --raw "/api/v1/secrets?watch=1&timeoutSeconds=1"', SECRETS],
  ['a program in its pod', 'kubectl -n depot-system exec deploy/depot -- ls /node', SYSTEM],
  ['a way to its pod', 'kubectl -n depot-system port-forward deploy/depot 8080', SYSTEM],
  ['a page of it that is not open', `kubectl get --raw ${PROXY}:8081/proxy/hostname`, SYSTEM],
  ['its service account', 'kubectl -n depot-system create token depot', SYSTEM],
  ['something new beside it', 'kubectl -n depot-system run x --image=busybox:1', SYSTEM],
  ['its own kind beside it', 'kubectl -n depot-system apply -f crate.yaml', SYSTEM],
  ['a change of it', 'kubectl -n depot-system scale deployment depot --replicas 0', SYSTEM],
  ['its namespace', 'kubectl delete namespace depot-system', SYSTEM],
  ['its definition', `kubectl delete customresourcedefinition ${CRATES}`, ADD_ON],
  ['all definitions', 'kubectl delete --raw /apis/apiextensions.k8s.io/v1/customresourcedefinitions', ADD_ON],
  ['its cluster role', 'kubectl label clusterrole depot a=b', ADD_ON],
  ['a pod of the node elsewhere', 'kubectl run x --image=busybox:1 --privileged', 'violates PodSecurity'],
])('refused: %s', async (_what, command, says) => {
  const { output, exitCode } = await inTerminal(command);
  expect(output.replaceAll('\n', ' ')).toContain(says);
  expect(exitCode).toBe(1);
});

test('a page that is open is served', async () => {
  const { output, exitCode } = await inTerminal(`kubectl get --raw ${PROXY}:8080/proxy/hostname`);
  expect([output.trim(), exitCode]).toEqual([`${nameOf(session.identity.id)}-control-plane`, 0]);
});

test('learners use its kinds, and a reset drops what they made and nothing of the add-on', async () => {
  const made = await inTerminal(
    'kubectl apply -f crate.yaml -f signpost.yaml && kubectl create secret generic own && kubectl get secrets -o name',
  );
  expect(made.output.split('\n').slice(0, 4)).toEqual([
    'crate.gateway.networking.k8s.io/full created',
    'signpost.depot.example.com/here created',
    'secret/own created',
    'secret/own',
  ]);
  const kept = [
    '/apis/apps/v1/namespaces/depot-system/deployments/depot',
    '/api/v1/namespaces/depot-system/secrets/depot-key',
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRATES}`,
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/depot',
  ];
  const before = await Promise.all(kept.map(uidOf));
  await session.reset();
  expect(await Promise.all(kept.map(uidOf))).toEqual(before);
  for (const made of ['gateway.networking.k8s.io/v1', 'depot.example.com/v1']) {
    const plural = made.startsWith('gateway') ? 'crates' : 'signposts';
    expect(await client.get(`/apis/${made}/${plural}`)).toMatchObject({ items: [] });
  }
  const { output } = await inTerminal('kubectl apply -f crate.yaml; kubectl get secrets -A');
  expect(output).toContain('crate.gateway.networking.k8s.io/full created');
  expect(output.replaceAll('\n', ' ')).toContain(SECRETS);
});

test('an image that cannot be pulled is named, and what to try', async () => {
  const step: ManifestStep = { kind: 'manifest', url: `${HOST}/v1/lost.yaml` };
  const lost: AddOn = {
    name: 'lost',
    title: 'The lost one',
    version: 'v1',
    namespaces: ['lost'],
    steps: [step],
  };
  const manifest = `apiVersion: v1
kind: Namespace
metadata: {name: lost}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: lost, namespace: lost}
spec:
  selector: {matchLabels: {app: lost}}
  template:
    metadata: {labels: {app: lost}}
    spec:
      containers: [{name: lost, image: 'registry.invalid/lost:1'}]
`;
  const fetched = { addOn: lost, contents: new Map([[step, encode(manifest)]]) };
  const controlPlane = connectEngine().getContainer(`${nameOf(session.identity.id)}-control-plane`);
  const options = { signal: new AbortController().signal, onStep: () => {}, pullTimeoutMs: 1 };
  await expect(installAddOn(fetched, { controlPlane, client }, options)).rejects.toThrow(
    /^The lost one \(v1\) could not be installed: the image registry\.invalid\/lost:1 cannot be pulled: [^]*\nTry again where the registry can be reached/,
  );
});
