/** Against the embedded API server, which needs no engine; a reset on kind is in the runtimes' contract. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TerminalDriver } from '../../cluster/terminal-driver.ts';
import { AdminClient } from './admin-client.ts';
import { addToInventory, takeInventory, tidy, type Inventory } from './inventory.ts';

vi.setConfig({ testTimeout: 60_000 });

let terminal: TerminalDriver;
let client: AdminClient;
let inventory: Inventory;

beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver();
  await terminal.cluster.ready;
  await terminal.pass(5_000);
  const groups = ['system:masters', 'system:authenticated'];
  client = new AdminClient(terminal.cluster.origin({ username: 'kubernetes-admin', groups }));
  inventory = await takeInventory(client);
});
afterEach(() => terminal.dispose());

/** Tidies while the cluster's time passes. */
async function tidied(): Promise<boolean> {
  let result: boolean | undefined;
  const done = tidy(client, inventory, new AbortController().signal).then((value) => (result = value));
  while (result === undefined) await Promise.race([done, terminal.pass(500)]);
  return result;
}

const MADE = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'busybox:1', command: [sleep, infinity]}]
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec:
  containers: [{name: alone, image: 'busybox:1', command: [sleep, infinity]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
`;

test('what a learner has made is gone, and nodes are as they were', async () => {
  terminal.write('made.yaml', MADE);
  await terminal.output('kubectl apply -f made.yaml');
  terminal.write('widget.yaml', 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n');
  expect(await terminal.output('kubectl apply -f widget.yaml')).toContain('created');
  await terminal.output('kubectl rollout status -n shop deployment web --timeout 30s');
  await terminal.output('kubectl label nodes --all disk=fast && kubectl taint nodes --all a=b:NoSchedule');
  await terminal.output('kubectl cordon -l disk=fast');
  expect(await tidied()).toBe(true);
  expect(await takeInventory(client)).toEqual(inventory);
  expect(await terminal.output('kubectl get pods -A -o name')).not.toMatch(/web|alone/);
});

test('an untouched cluster is tidy', async () => {
  expect(await tidied()).toBe(true);
});

test.each([
  ['an object of the cluster’s own was changed', 'kubectl label namespace default a=b'],
  ['one was deleted', 'kubectl delete serviceaccount default'],
])('not when %s', async (_why, command) => {
  await terminal.output(command);
  expect(await tidied()).toBe(false);
});

test('what add-ons have brought stays, changed or not, and what learners made of it goes', async () => {
  terminal.write('made.yaml', MADE);
  await terminal.output('kubectl apply -f made.yaml');
  const traces = { namespaces: ['shop'], makes: ['configmaps/root'] };
  inventory = await addToInventory(client, inventory, traces);
  expect(inventory.addOns!.objects).toContain(
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com',
  );
  // As controllers do it: a version more, something in their namespace, something in each.
  await terminal.output('kubectl label crd widgets.example.com a=b && kubectl create configmap -n shop c');
  await terminal.output('kubectl create configmap root');
  terminal.write('widget.yaml', 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n');
  await terminal.output('kubectl apply -f widget.yaml && kubectl create configmap mine');
  expect(await tidied()).toBe(true);
  expect(await terminal.output('kubectl get widgets,configmaps -A -o name')).not.toMatch(/widget|mine/);
  expect(await terminal.output('kubectl get crd,configmaps -A -o name')).toMatch(/widgets[^]*\/c\n/);
  expect(await terminal.output('kubectl get configmap root -o name')).toBe('configmap/root\n');
});

test('not when something that an add-on has brought is gone', async () => {
  terminal.write('made.yaml', MADE);
  await terminal.output('kubectl apply -f made.yaml');
  inventory = await addToInventory(client, inventory, { namespaces: ['shop'], makes: [] });
  await terminal.output('kubectl delete crd widgets.example.com');
  expect(await tidied()).toBe(false);
});
