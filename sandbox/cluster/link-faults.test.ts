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

test('names: addresses, services, pointers; what does not exist, and what has no such record', async () => {
  await terminal.output(
    'kubectl label pod plain app=web && kubectl expose pod plain --name web --port 80 --target-port 8080',
  );
  const dig = async (words: string) => (await exec('shaped', `dig +short ${words}`)).output;
  const ip = (await dig('web.default.svc.cluster.local')).trim();
  expect(ip).toMatch(/^10\.96\./);
  expect(await dig(`-x ${ip}`)).toBe('web.default.svc.cluster.local.\n');
  expect(await dig('web.default.svc.cluster.local AAAA')).toBe('');
  expect(await dig('+search web')).toBe(`${ip}\n`);
  await terminal.output(
    `kubectl patch service web --type json -p '[{"op":"add","path":"/spec/ports/0/name","value":"http"}]'`,
  );
  expect(await dig('_http._tcp.web.default.svc.cluster.local SRV')).toBe(
    '0 100 80 web.default.svc.cluster.local.\n',
  );
  await terminal.output(
    'kubectl create service externalname away --external-name web.default.svc.cluster.local',
  );
  expect(await dig('away.default.svc.cluster.local')).toBe(`web.default.svc.cluster.local.\n${ip}\n`);
  expect((await exec('shaped', 'dig nope.default.svc.cluster.local')).output).toContain('status: NXDOMAIN');
  expect((await exec('shaped', 'dig web.default.svc.cluster.local AAAA')).output).toContain(
    'status: NOERROR',
  );
});

test('hey loads a server and tells how it did', async () => {
  const ip = await terminal.output('kubectl get pod plain -o jsonpath={.status.podIP}');
  const said = await terminal.output(
    `kubectl run load --image hey --restart Never -i --rm -q -- -n 100 -c 10 http://${ip}:8080/passwd`,
  );
  expect(said).toMatch(/^\nSummary:\n {2}Total:\t[\d.]+ secs\n/);
  expect(said).toContain('Response time histogram:\n');
  expect(said).toContain('\nStatus code distribution:\n  [200]\t100 responses\n');
});
