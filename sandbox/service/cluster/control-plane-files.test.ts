import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { protectionOf } from './add-on-guard.ts';
import { controlPlaneFolder, filesFor } from './control-plane-files.ts';

let parent: string;
beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), 'slipway-files-'))));
afterEach(() => rm(parent, { recursive: true }));

test('without add-ons nothing is copied', async () => {
  expect(await controlPlaneFolder([], parent)).toMatch(/cluster\/control-plane$/);
  expect(await readdir(parent)).toEqual([]);
});

test('sessions with the same add-ons share a folder, at once too, and others do not', async () => {
  const folders = await Promise.all(
    [['mesh'], ['mesh'], ['mesh', 'knative']].map((namespaces) => controlPlaneFolder(namespaces, parent)),
  );
  expect(new Set(folders).size).toBe(2);
  expect((await readdir(parent)).length).toBe(2);
  for (const folder of folders)
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['admission.yaml', 'authorization.yaml', 'refuse']),
    );
});

test('the namespaces of add-ons are exempt, and their reading is not of interest', async () => {
  const files = await filesFor(['mesh']);
  const parse = (name: string) => load(files[name]!) as any;
  expect(parse('admission.yaml').plugins[0].configuration.exemptions.namespaces).toEqual([
    'kube-system',
    'kube-public',
    'kube-node-lease',
    'local-path-storage',
    'mesh',
  ]);
  expect(parse('audit-policy.yaml').rules[0]).toEqual({
    level: 'None',
    userGroups: ['system:serviceaccounts:mesh'],
    verbs: ['get', 'list', 'watch'],
  });
});

test('the authorizer that refuses comes first, is on the port where it is started, and stands for no one of the system', async () => {
  const files = await filesFor(['mesh']);
  const { authorizers } = load(files['authorization.yaml']!) as any;
  expect(authorizers.map(({ type }: { type: string }) => type)).toEqual(['Webhook', 'Node', 'RBAC']);
  const { matchConditions, failurePolicy, connectionInfo } = authorizers[0].webhook;
  expect(failurePolicy).toBe('Deny');
  const file = connectionInfo.kubeConfigFile.replace('/etc/slipway/', '');
  const { server } = (load(files[file]!) as any).clusters[0].cluster;
  expect(files['slipway-refusal.socket']).toContain(`ListenStream=${server.replace('http://', '')}\n`);
  const conditions = matchConditions.map(({ expression }: { expression: string }) => expression).join('\n');
  expect(conditions).toContain("namespace in ['', 'mesh']");
  expect(conditions).toContain("'system:serviceaccounts:mesh'");
});

test('what an add-on has brought is protected by group, resource and name; namespaces and what is in them are elsewhere', async () => {
  const [policy] = protectionOf(
    [
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crates.example.com',
      '/api/v1/namespaces/mesh',
      '/api/v1/namespaces/default/configmaps/root',
    ],
    ['mesh'],
  );
  const { validations } = policy!['spec'] as { validations: { expression: string }[] };
  expect(validations[0]!.expression).toContain(
    "in ['apiextensions.k8s.io/customresourcedefinitions/crates.example.com'])",
  );
});

test('the stock files are what a session without add-ons reads', async () => {
  const stock = await controlPlaneFolder([], parent);
  expect((await readdir(stock)).includes('authorization.yaml')).toBe(false);
  expect(await readFile(join(stock, 'admission.yaml'), 'utf8')).toContain('enforce: baseline');
});
