/** A cluster with a mesh that is booted again from what was stored, as after a reload of the page. */
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 120_000 });

const drivers: TerminalDriver[] = [];
const boot = async (options: ConstructorParameters<typeof TerminalDriver>[0] = {}) => {
  const driver = new TerminalDriver({ addons: ['mesh'], ...options });
  drivers.push(driver);
  await driver.ready();
  return driver;
};
beforeAll(async () => {
  await TerminalDriver.load();
  await Promise.all([
    import('./mesh/install.ts'),
    import('./mesh/proxy-agent.ts'),
    import('./mesh/istiod.ts'),
  ]);
}, 120_000);
afterEach(() => drivers.splice(0).forEach((driver) => driver.dispose()));

const ROOT = `kubectl get configmap istio-ca-root-cert -n shop -o jsonpath='{.data.root-cert\\.pem}'`;
const ASK = 'kubectl exec -n shop caller -c caller -- curl -s http://web';

test('authority, rules and sidecars come back', async () => {
  const first = await boot();
  await first.output('kubectl create namespace shop');
  await first.output('kubectl label namespace shop istio-injection=enabled');
  await first.output('kubectl run web -n shop --image nginx:1 --port 80 --expose');
  await first.output('kubectl run caller -n shop --image nicolaka/netshoot -- sleep infinity');
  await first.output('kubectl wait -n shop --for=condition=Ready pod --all --timeout 60s');
  first.write(
    'strict.yaml',
    `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`,
  );
  await first.output('kubectl apply -f strict.yaml');
  expect(await first.output(ASK)).toContain('Welcome to nginx!');
  const root = await first.output(ROOT);
  expect(root).toContain('BEGIN CERTIFICATE');

  const second = await boot({ snapshot: first.cluster.snapshot() });
  await second.output('kubectl wait -n shop --for=condition=Ready pod --all --timeout 60s');
  await second.pass(5000);
  expect(await second.output(ROOT)).toBe(root);
  expect(await second.output(ASK)).toContain('Welcome to nginx!');
  expect(await second.output('kubectl get pods -n shop --no-headers')).toMatch(/caller +2\/2 +Running/);
});
