import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000 });

let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  terminal = new TerminalDriver();
  await terminal.cluster.ready;
  const pod = (name: string, capability: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  containers:
    - name: tools
      image: nicolaka/netshoot
      command: [sh, -c, 'httpd -f -p 8080 -h /etc']
      securityContext: {capabilities: {add: [${capability}]}}
`;
  terminal.write('pods.yaml', `${pod('shaped', 'NET_ADMIN')}---\n${pod('plain', '')}`);
  await terminal.output(
    'kubectl apply -f pods.yaml && kubectl wait --for=condition=Ready pod --all --timeout 60s',
  );
}, 90_000);
afterAll(() => terminal.dispose());

const exec = (pod: string, command: string) => terminal.run(`kubectl exec ${pod} -- ${command}`);

test('tc shapes what leaves the pod, with NET_ADMIN alone', async () => {
  expect(await exec('plain', 'tc qdisc add dev eth0 root netem loss 20%')).toMatchObject({
    output: expect.stringContaining('RTNETLINK answers: Operation not permitted\n'),
    exitCode: 2,
  });
  const ip = await terminal.output('kubectl get pod plain -o jsonpath={.status.podIP}');
  const seconds = async () =>
    Number((await exec('shaped', `curl -s -o /dev/null -w %{time_total} http://${ip}:8080/passwd`)).output);
  expect(await seconds()).toBeLessThan(0.1);
  expect(await exec('shaped', 'tc qdisc add dev eth0 root netem delay 300ms loss 0%')).toMatchObject({
    exitCode: 0,
  });
  expect((await exec('shaped', 'tc qdisc show dev eth0')).output).toBe(
    'qdisc netem 8001: dev eth0 root refcnt 2 limit 1000 delay 300ms\n',
  );
  expect(await seconds()).toBeGreaterThanOrEqual(0.6);
  expect(await exec('shaped', 'tc qdisc change dev eth0 root netem loss 100%')).toMatchObject({
    exitCode: 0,
  });
  expect(await exec('shaped', `curl -s -m 3 http://${ip}:8080/passwd`)).toMatchObject({ exitCode: 28 });
  expect(await exec('shaped', 'tc qdisc del dev eth0 root')).toMatchObject({ exitCode: 0 });
  expect(await seconds()).toBeLessThan(0.1);
});
