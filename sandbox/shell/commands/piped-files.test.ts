/** Tools that read a manifest, values or a body from a file take it from a pipe that has a path, too: `<(…)`, `/dev/stdin`. */
import { expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { ApiServer } from '../../cluster/apiserver/api-server.ts';
import { runCommandLine } from '../in-process-machine.ts';

const MADE = 'kubectl create cm x --from-literal=a=1 --dry-run=client -o yaml';

test('kubectl: manifests, patches and data', { timeout: 30_000 }, async () => {
  const server = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const kube = server.origin({ username: 'jane', groups: ['system:masters'] });
  const run = (line: string) => runCommandLine(line, {}, kube);
  expect(await run(`kubectl apply -f <(${MADE})`)).toBe('configmap/x created\n');
  expect(await run(`${MADE} | kubectl apply -f /dev/stdin`)).toBe('configmap/x unchanged\n');
  expect(await run(`${MADE} | sed 's/"1"/"2"/' | kubectl replace -f /dev/fd/0`)).toBe(
    'configmap/x replaced\n',
  );
  expect(await run(`kubectl patch cm x --patch-file <(echo 'data: {a: "3"}')`)).toBe('configmap/x patched\n');
  expect(await run('kubectl create cm y --from-file=a=<(echo hi)')).toBe('configmap/y created\n');
  expect(await run('kubectl create cm z --from-env-file=<(echo b=2)')).toBe('configmap/z created\n');
  expect(await run(`kubectl get cm x y z -o jsonpath='{.items[*].data}'`)).toBe(
    '{"a":"3"} {"a":"hi\\n"} {"b":"2"}',
  );
});

test('helm: values', { timeout: 30_000 }, async () => {
  const line = `helm create web > log; helm template t web -f <(echo 'replicaCount: 7') -s templates/deployment.yaml | grep replicas`;
  expect(await runCommandLine(line)).toBe('  replicas: 7\n');
});

test('yq: documents', { timeout: 30_000 }, async () => {
  expect(await runCommandLine(`yq .a <(echo 'a: 1')`)).toBe('1\n');
});
