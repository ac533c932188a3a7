/** Releases that our helm and helm 4 read of each other, in our cluster. The tests build on each other. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { httpsOrigin } from '../../../../tests/transcripts/https-origin.ts';
import { TerminalMachine } from '../../../../tests/transcripts/terminal-machine.ts';
import { clientTool } from '../../../cluster/serve/client-tools.ts';
import { serveCluster, type ServedCluster } from '../../../cluster/serve/serve-cluster.ts';
import { program } from './helm.ts';

const CHART = fileURLToPath(new URL('../../../cluster/serve/fixtures/charts/shop', import.meta.url));

let cluster: ServedCluster;
let directory: string;
let machine: TerminalMachine;
let origin: ReturnType<typeof httpsOrigin>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-helm-'));
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  const path = join(directory, 'kubeconfig');
  await writeFile(path, cluster.kubeconfig);
  machine = new TerminalMachine((origin = httpsOrigin(path)), program);
  machine.write('.kube/config', cluster.kubeconfig);
  const copy = async (from: string, to: string): Promise<void> => {
    for (const name of await readdir(from))
      if ((await stat(join(from, name))).isDirectory()) await copy(join(from, name), `${to}/${name}`);
      else machine.write(`${to}/${name}`, await readFile(join(from, name), 'utf8'));
  };
  await copy(CHART, 'shop');
});

afterAll(async () => {
  origin.close();
  await cluster.close();
  await rm(directory, { recursive: true });
});

async function real(line: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig') };
  return (await promisify(execFile)(await clientTool('helm'), line.split(' '), { cwd: directory, env }))
    .stdout;
}

async function ours(line: string): Promise<string> {
  const { stdout, stderr, exitCode } = await machine.run(['helm', ...line.split(' ')]);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

test('helm reads what ours installed', { timeout: 90_000 }, async () => {
  const text = await ours('install one shop --wait --timeout 60s --set replicas=0');
  expect(text).toMatch(
    /^NAME: one\nLAST DEPLOYED: .*\nNAMESPACE: default\nSTATUS: deployed\nREVISION: 1\nDESCRIPTION: Install complete\nNOTES:\none says hello\.\n$/,
  );
  expect(await real('list')).toMatch(/^one\s+default\s+1\s+.*\sdeployed\s+shop-1\.2\.3\s+1\s*$/m);
  expect(await real('list')).toBe(await ours('list'));
  for (const line of [
    'get manifest one',
    'get hooks one',
    'get notes one',
    'get values one',
    'get values one -a',
    'history one',
  ])
    expect(await ours(line), line).toBe(await real(line));
  expect(await real('get values one')).toBe('USER-SUPPLIED VALUES:\nreplicas: 0\n');
});

test('labels of a release, and its metadata', { timeout: 90_000 }, async () => {
  await ours('install four shop --set replicas=0 --labels team=shop,env=dev');
  await ours('upgrade four shop --set replicas=0 --labels env=null,tier=web');
  for (const line of ['get metadata four', 'get metadata four -o json', 'list -l team=shop,tier=web'])
    expect(await ours(line), line).toBe(await real(line));
  expect(await real('get metadata four')).toMatch(/^LABELS: .*team=shop,tier=web,version=2$/m);
  expect(await ours('uninstall four')).toBe('release "four" uninstalled\n');
});

test('status shows the objects as they are', { timeout: 90_000 }, async () => {
  await ours('install five shop --set replicas=1 --wait --timeout 60s');
  /** The kinds come in the order of a Go map, and ages go on. */
  const sections = (text: string) => {
    const [, before = '', resources = '', after = ''] =
      /^([^]*)RESOURCES:\n([^]*?)\n\n\n((?:TEST SUITE|NOTES)[^]*)$/.exec(text) ?? [];
    const kinds = resources.replaceAll(/\d+s$/gm, 'AGE').split('==> ');
    return { before, after, kinds: kinds.map((kind) => kind.trimEnd()).sort() };
  };
  // Between the two questions a status may have moved.
  await vi.waitFor(
    async () => {
      const told = sections(await ours('status five'));
      expect(told).toEqual(sections(await real('status five')));
      expect(told.kinds.join('\n')).toMatch(/^v1\/Pod\(related\)\nNAME .*\nfive-web-\S+ +1\/1 +Running /m);
      const json = 'status five -o json';
      expect(JSON.parse(await ours(json))).toEqual(JSON.parse(await real(json)));
    },
    { timeout: 60_000 },
  );
  expect(await ours('uninstall five')).toBe('release "five" uninstalled\n');
});

test('helm upgrades it, and ours rolls it back', { timeout: 90_000 }, async () => {
  await real(`upgrade one ${CHART} --set greeting=hi,replicas=0`);
  expect(await ours('history one')).toBe(await real('history one'));
  expect(await ours('get values one')).toBe(await real('get values one'));
  expect(await ours('rollback one 1')).toBe('Rollback was a success! Happy Helming!\n');
  expect(await real('history one')).toMatch(/^3\s+.*\sdeployed\s+shop-1\.2\.3\s+1\s+Rollback to 1\s*$/m);
  expect(await real('history one')).toBe(await ours('history one'));
});

test('ours upgrades and uninstalls what helm installed', { timeout: 90_000 }, async () => {
  await real(`install two ${CHART} --set replicas=0`);
  expect(await ours('list')).toBe(await real('list'));
  const text = await ours('upgrade two shop --reuse-values --set greeting=servus');
  expect(text).toContain('Release "two" has been upgraded. Happy Helming!');
  expect(await real('get values two')).toBe('USER-SUPPLIED VALUES:\ngreeting: servus\nreplicas: 0\n');
  expect(await real('get notes two')).toContain('two says servus.');
  expect(await ours('uninstall two')).toBe('release "two" uninstalled\n');
  expect(await real('uninstall one')).toBe('release "one" uninstalled\n');
  expect(await real('list -q')).toBe('');
  expect(await ours('list')).toBe(await real('list'));
});

test('ours tests a release, and a failed upgrade is rolled back', { timeout: 120_000 }, async () => {
  await ours('upgrade --install three shop --wait --timeout 60s');
  expect(await ours('test three --logs --timeout 60s')).toMatch(
    /^TEST SUITE: +three-answers\n(?:.*\n)*Phase: +Succeeded\n(?:.*\n)*POD LOGS: three-answers\n/m,
  );
  const { stderr, exitCode } = await machine.run(
    'helm upgrade three shop --rollback-on-failure --timeout 5s --set image=missing.test/none:1'.split(' '),
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^Error: UPGRADE FAILED: release three failed, and has been rolled back due to rollback-on-failure being set: resource Deployment\/default\/three-web not ready/,
  );
  expect(await real('history three')).toMatch(/^3\s+.*\sdeployed\s+shop-1\.2\.3\s+1\s+Rollback to 1\s*$/m);
  expect(await ours('uninstall three --wait')).toBe('release "three" uninstalled\n');
});
