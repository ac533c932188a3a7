/**
 * The real kubectl 1.35 against `npm run cluster`'s server. Outputs are what it prints against a real
 * cluster; the tests build on each other, as a session at a terminal does.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientTool } from './client-tools.ts';
import { serveCluster, type ServedCluster } from './serve-cluster.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", ports: [{containerPort: 80}]}
`;

let cluster: ServedCluster;
let directory: string;
let tool: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-kubectl-'));
  tool = await clientTool('kubectl');
  cluster = await serveCluster({ port: 0, host: '127.0.0.1', nodes: 2, seed: 1 });
  await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig);
  await writeFile(join(directory, 'web.yaml'), WEB);
});

afterAll(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Running {
  result: Promise<Result>;
  /** Resolves with the match when the output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  interrupt(): void;
}

function start(
  args: string[],
  { input, env }: { input?: string; env?: Record<string, string> } = {},
): Running {
  const child = spawn(tool, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, KUBECONFIG: join(directory, 'kubeconfig'), ...env },
  });
  let stdout = '';
  let stderr = '';
  let heard = () => {};
  child.stdout.on('data', (data: Buffer) => ((stdout += data), heard()));
  child.stderr.on('data', (data: Buffer) => ((stderr += data), heard()));
  if (input !== undefined) child.stdin.end(input);
  return {
    result: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
    prints: (pattern) =>
      new Promise((resolve) => {
        heard = () => {
          const match = pattern.exec(stdout);
          if (match) resolve(match);
        };
        heard();
      }),
    interrupt: () => void child.kill('SIGINT'),
  };
}

/** Runs kubectl to its end. Words are split at spaces, quotes keep them together. */
function kubectl(command: string, options?: Parameters<typeof start>[1]): Promise<Result> {
  const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
  return start(args, options).result;
}

/** The output of a command that must succeed. */
async function out(command: string, options?: Parameters<typeof start>[1]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(command, options);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

/** The complaint of a command that must fail. */
async function complaint(command: string, options?: Parameters<typeof start>[1]): Promise<string> {
  const { code, stderr } = await kubectl(command, options);
  expect(code).not.toBe(0);
  return stderr;
}

describe('discovery', () => {
  test('version', async () => {
    expect(await out('version')).toContain('Server Version: v1.35.4\n');
  });
  test('api-resources', async () => {
    const text = await out('api-resources');
    expect(text).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(text).toMatch(/^nodes +no +v1 +false +Node$/m);
  });
  test('api-versions', async () => {
    expect((await out('api-versions')).split('\n')).toEqual(
      expect.arrayContaining(['apps/v1', 'autoscaling/v2', 'batch/v1', 'networking.k8s.io/v1', 'v1']),
    );
  });
  test('explain', async () => {
    const text = await out('explain deployment.spec.replicas');
    expect(text).toContain(
      'GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\nFIELD: replicas <integer>\n',
    );
  });
});

describe('apply and what follows', () => {
  test('a client-side apply creates, then finds nothing to do', async () => {
    expect(await out('apply -f web.yaml')).toBe('deployment.apps/web created\n');
    expect(await out('apply -f web.yaml')).toBe('deployment.apps/web unchanged\n');
  });
  test('rollout status follows to the end', async () => {
    const text = await out('rollout status deploy/web --timeout=30s');
    expect(text).toMatch(/deployment "web" successfully rolled out\n$/);
  });
  test('get in all its forms', async () => {
    expect(await out('get deploy')).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/,
    );
    expect(await out('get pods -l app=web -o name')).toMatch(/^(pod\/web-[a-z0-9]+-[a-z0-9]{5}\n){2}$/);
    expect(await out('get deploy web -o wide')).toMatch(
      /CONTAINERS +IMAGES +SELECTOR\n.* nginx:1 +app=web\n$/,
    );
    const object = JSON.parse(await out('get deploy web -o json'));
    expect(object).toMatchObject({ kind: 'Deployment', spec: { replicas: 2 }, metadata: { generation: 1 } });
    expect(await out('get deploy web -o yaml')).toMatch(
      /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/,
    );
    expect(await out("get pods -o 'jsonpath={.items[*].status.phase}'")).toBe('Running Running');
  });
  test('diff shows what an apply would change', async () => {
    await writeFile(join(directory, 'more.yaml'), WEB.replace('replicas: 2', 'replicas: 3'));
    const { code, stdout } = await kubectl('diff -f more.yaml');
    expect(code).toBe(1);
    expect(stdout).toContain('-  replicas: 2\n+  replicas: 3\n');
  });
  test('describe', async () => {
    const text = await out('describe deploy web');
    expect(text).toMatch(/^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m);
    expect(text).toMatch(/Normal +ScalingReplicaSet .* Scaled up replica set web-[a-z0-9]+ from 0 to 2/);
  });
  test('scale, set image, label, annotate, patch, edit', async () => {
    expect(await out('scale deploy web --replicas=1')).toBe('deployment.apps/web scaled\n');
    expect(await out('label deploy web tier=front')).toBe('deployment.apps/web labeled\n');
    expect(await out('annotate deploy web note=before')).toBe('deployment.apps/web annotated\n');
    expect(await out(`patch deploy web -p '{"spec":{"minReadySeconds":1}}'`)).toBe(
      'deployment.apps/web patched\n',
    );
    expect(
      await out(`patch deploy web --type=json -p '[{"op":"remove","path":"/spec/minReadySeconds"}]'`),
    ).toBe('deployment.apps/web patched\n');
    const env = { KUBE_EDITOR: 'sed -i s/before/after/' };
    expect(await out('edit deploy web', { env })).toBe('deployment.apps/web edited\n');
    expect(await out("get deploy web -o 'jsonpath={.metadata.annotations.note}'")).toBe('after');
    expect(await out('set image deploy/web web=nginx:nope')).toBe('deployment.apps/web image updated\n');
    expect(await out('rollout undo deploy/web')).toBe('deployment.apps/web rolled back\n');
    expect(await out('rollout status deploy/web --timeout=30s')).toMatch(/successfully rolled out\n$/);
  });
  test('a server-side apply owns fields, and others may not change them', async () => {
    await writeFile(
      join(directory, 'config.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {color: blue}\n',
    );
    expect(await out('apply --server-side -f config.yaml')).toBe('configmap/owned serverside-applied\n');
    const other = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {color: red}\n`;
    expect(await complaint('apply --server-side --field-manager=other -f -', { input: other })).toMatch(
      /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.color\n/,
    );
    expect(
      await kubectl('apply --server-side --field-manager=other --force-conflicts -f -', { input: other }),
    ).toMatchObject({ code: 0, stdout: 'configmap/owned serverside-applied\n' });
    const { metadata } = JSON.parse(await out('get cm owned -o json --show-managed-fields'));
    expect(metadata.managedFields).toMatchObject([
      { manager: 'other', operation: 'Apply', fieldsV1: { 'f:data': { 'f:color': {} } } },
    ]);
  });
  test('what the schema does not know is refused', async () => {
    const input = WEB.replace('replicas: 2', 'replicsa: 2');
    expect(await complaint('apply -f -', { input })).toContain(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicsa"',
    );
  });
});

describe('typed clients, which send protobuf', () => {
  test.each([
    ['create deployment api --image=nginx:1', 'deployment.apps/api created\n'],
    ['create configmap settings --from-literal=a=b', 'configmap/settings created\n'],
    ['create secret generic password --from-literal=a=b', 'secret/password created\n'],
    ['create serviceaccount robot', 'serviceaccount/robot created\n'],
    ['create role reader --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/reader created\n'],
    [
      'create rolebinding reads --role=reader --serviceaccount=default:robot',
      'rolebinding.rbac.authorization.k8s.io/reads created\n',
    ],
    ['create job once --image=busybox:1 -- true', 'job.batch/once created\n'],
    ['create quota small --hard=pods=20', 'resourcequota/small created\n'],
    ['create namespace other', 'namespace/other created\n'],
    ['expose deploy web --port=80', 'service/web exposed\n'],
    ['autoscale deploy web --min=1 --max=3', 'horizontalpodautoscaler.autoscaling/web autoscaled\n'],
    ['run one --image=busybox:1 --restart=Never -- sleep 1000', 'pod/one created\n'],
  ])('%s', async (command, want) => {
    expect(await out(command)).toBe(want);
  });

  test.each([
    [
      'create configmap settings',
      'error: failed to create configmap: configmaps "settings" already exists\n',
    ],
    ['get pod nope', 'Error from server (NotFound): pods "nope" not found\n'],
    ['get nope', `error: the server doesn't have a resource type "nope"\n`],
    ['run x -n nope --image=busybox:1', 'Error from server (NotFound): namespaces "nope" not found\n'],
    [
      'delete namespace default',
      'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted\n',
    ],
    [
      'run Upper --image=busybox:1',
      /^The Pod "Upper" is invalid: \n?\* metadata\.name: Invalid value: "Upper": a lowercase RFC 1123 subdomain/,
    ],
  ])('%s is refused', async (command, want) => {
    const text = await complaint(command);
    if (want instanceof RegExp) expect(text).toMatch(want);
    else expect(text).toBe(want);
  });
});

describe('who may do what', () => {
  test('auth can-i', async () => {
    expect(await out('auth can-i create pods')).toBe('yes\n');
    const robot = '--as=system:serviceaccount:default:robot';
    expect(await out(`auth can-i list pods ${robot}`)).toBe('yes\n');
    expect(await kubectl(`auth can-i delete pods ${robot}`)).toMatchObject({ code: 1, stdout: 'no\n' });
  });
  test('auth whoami', async () => {
    expect(await out('auth whoami')).toMatch(
      /^ATTRIBUTE +VALUE\nUsername +kubernetes-admin\nGroups +\[system:masters system:authenticated\]\n/,
    );
  });
  test('impersonation shows what another may not', async () => {
    expect(await complaint('get nodes --as=system:serviceaccount:default:robot')).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "system:serviceaccount:default:robot" cannot list resource "nodes" in API group "" at the cluster scope\n',
    );
  });
  test('a service account acts with its token', async () => {
    const token = (await out('create token robot')).trim();
    const server = /server: (.*)/.exec(cluster.kubeconfig)![1];
    const env = { KUBECONFIG: '/dev/null' };
    const options = `--server=${server} --insecure-skip-tls-verify`;
    expect(await out(`${options} --token=${token} auth whoami`, { env })).toMatch(
      /^Username +system:serviceaccount:default:robot$/m,
    );
    expect(await complaint(`${options} --token=wrong get pods`, { env })).toBe(
      'error: You must be logged in to the server (Unauthorized)\n',
    );
  });
});

describe('streams', () => {
  test('wait', async () => {
    expect(await out('wait pod one --for=condition=Ready --timeout=30s')).toBe('pod/one condition met\n');
  });
  test('logs', async () => {
    expect(await out('logs deploy/web --tail=1')).toMatch(/\n$/);
    expect(await complaint('logs nope')).toBe(
      'error: error from server (NotFound): pods "nope" not found in namespace "default"\n',
    );
  });
  test('logs --follow goes on until it is interrupted', async () => {
    const following = start(['logs', '-f', 'deploy/web']);
    await following.prints(/start worker process/);
    following.interrupt();
    expect((await following.result).stdout).toMatch(/^\/docker-entrypoint\.sh: /);
  });
  test('exec carries output, input and exit code', async () => {
    expect(await out('exec one -- echo hello')).toBe('hello\n');
    expect(await out('exec -i one -- cat', { input: 'typed\n' })).toBe('typed\n');
    const failed = await kubectl("exec one -- sh -c 'exit 3'");
    expect(failed).toMatchObject({ code: 3, stderr: 'command terminated with exit code 3\n' });
  });
  test('port-forward carries HTTP', async () => {
    const forwarding = start(['port-forward', 'deploy/web', ':80']);
    const port = (await forwarding.prints(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/))[1];
    const status = await new Promise((resolve) =>
      get({ host: '127.0.0.1', port, agent: false }, (response) => resolve(response.resume().statusCode)),
    );
    expect(status).toBe(200);
    forwarding.interrupt();
    await forwarding.result;
  });
  test('get --watch prints each change', async () => {
    const watching = start(['get', 'configmap', '--watch', '--field-selector=metadata.name=fresh']);
    await out('create configmap fresh');
    await watching.prints(/^fresh +0 +\d+s$/m);
    await out('delete configmap fresh');
    watching.interrupt();
    expect((await watching.result).stdout).toMatch(/^NAME +DATA +AGE\nfresh /);
  });
  test('delete waits until the object is gone', async () => {
    expect(await out('delete pod one --grace-period=1')).toBe('pod "one" deleted from default namespace\n');
    expect(await complaint('get pod one')).toBe('Error from server (NotFound): pods "one" not found\n');
    expect(await out('delete namespace other')).toBe('namespace "other" deleted\n');
  });
  test('events', async () => {
    expect(await out('events --for deployment/web')).toMatch(
      /ScalingReplicaSet +Deployment\/web +Scaled up replica set/,
    );
  });
});
