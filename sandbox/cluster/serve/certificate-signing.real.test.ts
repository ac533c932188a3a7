/** A certificate that was asked for, approved and signed lets its holder in. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as x509 from '../../core/x509.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientTool } from './client-tools.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

const run = promisify(execFile);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
let cluster: ServedCluster;
let folder: string;
let kubectl: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-csr-'));
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 1, seed: 1 });
  await writeFile(join(folder, 'config'), cluster.kubeconfig);
  const tool = await clientTool('kubectl');
  kubectl = async (...args) =>
    (await run(tool, args, { env: { HOME: folder, KUBECONFIG: join(folder, 'config') } })).stdout;
});
afterAll(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

test('kubectl certificate approve makes a certificate that authenticates', async () => {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=jane, O=developers',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', keys.privateKey),
    'PRIVATE KEY',
  );
  await writeFile(join(folder, 'jane.key'), key);
  await writeFile(
    join(folder, 'csr.json'),
    JSON.stringify({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'jane' },
      spec: {
        request: Buffer.from(`${request.toString('pem')}\n`).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    }),
  );
  await kubectl('apply', '-f', join(folder, 'csr.json'));
  expect(await kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.spec.username}')).toBe('kubernetes-admin');
  expect(await kubectl('certificate', 'approve', 'jane')).toContain('approved');
  await kubectl('wait', 'csr/jane', '--for=jsonpath={.status.certificate}', '--timeout=30s');
  const certificate = await kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}');
  await writeFile(join(folder, 'jane.crt'), Buffer.from(certificate, 'base64'));
  await kubectl(
    'config',
    'set-credentials',
    'jane',
    `--client-certificate=${join(folder, 'jane.crt')}`,
    `--client-key=${join(folder, 'jane.key')}`,
  );
  const whoami = await kubectl('--user=jane', 'auth', 'whoami');
  expect(whoami).toMatch(/Username\s+jane/);
  expect(whoami).toMatch(/Groups\s+\[developers system:authenticated\]/);
  await expect(kubectl('--user=jane', 'get', 'pods')).rejects.toThrow(
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  );
});
