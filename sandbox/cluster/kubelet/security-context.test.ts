import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TerminalDriver } from '../terminal-driver.ts';

vi.setConfig({ testTimeout: 30_000 });

let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  terminal = new TerminalDriver();
  await terminal.pass(1000);
}, 60_000);
afterAll(() => terminal.dispose());

/** What a container with the pod's security context prints. */
async function printed(name: string, securityContext: string, script: string): Promise<string> {
  terminal.write(
    `${name}.yaml`,
    `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  restartPolicy: Never
  securityContext: ${securityContext}
  containers:
  - name: main
    image: busybox:1
    command: [sh, -c, ${JSON.stringify(script)}]
    volumeMounts: [{name: data, mountPath: /data}, {name: cm, mountPath: /cm}]
  volumes: [{name: data, emptyDir: {}}, {name: cm, configMap: {name: kube-root-ca.crt}}]
`,
  );
  await terminal.output(
    `kubectl apply -f ${name}.yaml && kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/${name} --timeout=60s`,
  );
  return terminal.output(`kubectl logs ${name}`);
}

test('groups of the pod, and a volume of theirs, as a real cluster shows them', async () => {
  const context = '{runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000]}';
  const script =
    'id; echo x > /data/x; mkdir /data/d; stat -c "%A %u %g %n" /data /data/x /data/d /cm /cm/..data/ca.crt';
  expect(await printed('grouped', context, script)).toBe(
    `uid=1000 gid=3000 groups=2000,3000,4000
drwxrwsrwx 0 2000 /data
-rw-r--r-- 1000 2000 /data/x
drwxr-sr-x 1000 2000 /data/d
drwxrwsrwx 0 2000 /cm
-rw-r--r-- 0 2000 /cm/..data/ca.crt
`,
  );
  expect(
    await terminal.output('kubectl get pod grouped -o jsonpath={.status.containerStatuses[0].user}'),
  ).toBe('{"linux":{"gid":3000,"supplementalGroups":[2000,3000,4000],"uid":1000}}');
});
