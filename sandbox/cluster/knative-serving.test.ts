import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

let terminal: TerminalDriver;
let failures: string[];
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  failures = [];
  terminal = new TerminalDriver({
    addons: ['knative'],
    onError: (component, key, error) => {
      if (component === 'knative') failures.push(`${key}: ${String(error)}`);
    },
  });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const apply = (yaml: string) => {
  terminal.write('m.yaml', yaml);
  return terminal.run('kubectl apply -f m.yaml');
};

/** A Service that says `word`. */
const service = (
  word: string,
  more: { annotations?: string; root?: string } = {},
) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello}
spec:
  template:
    metadata: {annotations: {${more.annotations ?? ''}}}
    spec:
      containers:
        - image: nginx:1
          ports: [{containerPort: 80}]
          command: [sh, -c, 'printf ${word} > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"']
${more.root ?? ''}`;

const ready = () => output('kubectl wait --for=condition=Ready ksvc/hello --timeout 60s');
const URL = 'http://hello.default.172.18.255.80.sslip.io';
const pods = async () =>
  (await terminal.run('kubectl get pods -o name')).output.split('\n').filter(Boolean).length;

describe('Knative Serving', () => {
  test('a Service is a Configuration, a Revision, a Route, a Deployment with queue-proxy, and Services', async () => {
    expect((await apply(service('hi'))).output).toBe('service.serving.knative.dev/hello created\n');
    await ready();
    expect(await output('kubectl get ksvc hello')).toBe(
      `NAME    URL                                           LATESTCREATED   LATESTREADY   READY   REASON\nhello   ${URL}   hello-00001     hello-00001   True    \n`,
    );
    expect(await output('kubectl get configuration,revision,route,kpa,deploy -o name')).toBe(
      'configuration.serving.knative.dev/hello\nrevision.serving.knative.dev/hello-00001\nroute.serving.knative.dev/hello\n' +
        'podautoscaler.autoscaling.internal.knative.dev/hello-00001\ndeployment.apps/hello-00001-deployment\n',
    );
    expect(await output('kubectl get pods --no-headers')).toMatch(
      /^hello-00001-deployment-\S+ +2\/2 +Running/,
    );
    const conditions = (of: string) =>
      output(`kubectl get ${of} -o jsonpath='{range .status.conditions[*]}{.type}={.status} {end}'`);
    expect(await conditions('ksvc hello')).toBe('ConfigurationsReady=True Ready=True RoutesReady=True ');
    expect(await conditions('revision hello-00001')).toBe(
      'Active=True ContainerHealthy=True Ready=True ResourcesAvailable=True ',
    );
    expect(await output('kubectl get svc -o name')).toBe(
      'service/hello\nservice/hello-00001\nservice/hello-00001-private\nservice/kubernetes\n',
    );
    expect(await output(`curl -s ${URL}`)).toBe('hi');
    expect(await output('kubectl get ksvc hello -o jsonpath={.status.address.url}')).toBe(
      'http://hello.default.svc.cluster.local',
    );
    await output('kubectl run inside --image=busybox:1 -- sleep 1000');
    await output('kubectl wait --for=condition=Ready pod/inside');
    expect(await output('kubectl exec inside -- wget -qO- http://hello.default.svc.cluster.local')).toBe(
      'hi',
    );
    expect(await output('kubectl exec inside -- wget -qO- http://hello-00001.default')).toBe('hi');
    expect(failures).toEqual([]);
  });

  test('another domain, by ConfigMap', async () => {
    await apply(service('hi'));
    await ready();
    await output(
      `kubectl patch cm config-domain -n knative-serving --type json -p '[{"op":"replace","path":"/data","value":{"example.com":""}}]'`,
    );
    await terminal.pass(1000);
    expect(await output('kubectl get ksvc hello -o jsonpath={.status.url}')).toBe(
      'http://hello.default.example.com',
    );
    expect(await output("curl -s -H 'Host: hello.default.example.com' http://172.18.255.80")).toBe('hi');
    expect((await terminal.run(`curl -s -o /dev/null -w '%{http_code}' ${URL}`)).output).toBe('404');
  });

  test('goes to zero when the window has passed, and comes back for a request', async () => {
    await apply(service('hi', { annotations: 'autoscaling.knative.dev/window: 10s' }));
    await ready();
    expect(await output(`curl -s ${URL}`)).toBe('hi');
    await terminal.pass(8000);
    expect(await pods()).toBe(1);
    await terminal.pass(5000);
    expect(await pods()).toBe(0);
    expect(await output('kubectl get kpa hello-00001 --no-headers')).toMatch(
      /^hello-00001 +0 +0 +False +NoTraffic\n/,
    );
    expect(await output('kubectl get ksvc hello --no-headers')).toMatch(/True/);
    const { revision } = terminal.cluster.api.store;
    await terminal.pass(60_000);
    // Leases aside, nothing is written while nothing happens.
    expect(terminal.cluster.api.store.revision - revision).toBeLessThan(20);
    expect(await output(`curl -s ${URL}`)).toBe('hi');
    expect(await pods()).toBe(1);
    expect(await output('kubectl get kpa hello-00001 --no-headers')).toMatch(/^hello-00001 +1 /);
    await terminal.pass(20_000);
    expect(await pods()).toBe(0);
    expect(failures).toEqual([]);
  });

  test('min-scale keeps a pod, as long as a Route leads to it', async () => {
    await apply(
      service('hi', {
        annotations: `autoscaling.knative.dev/min-scale: "2", autoscaling.knative.dev/window: 10s`,
      }),
    );
    await ready();
    await terminal.pass(30_000);
    expect(await pods()).toBe(2);
    await apply(service('other', { annotations: 'autoscaling.knative.dev/window: 10s' }));
    await terminal.pass(3000);
    await ready();
    await terminal.pass(30_000);
    expect(await pods()).toBe(0);
  });

  test('traffic is split between revisions, tags have names of their own', async () => {
    await apply(service('one'));
    await ready();
    const split = (traffic: string) => service('two', { root: `  traffic:\n${traffic}` });
    await apply(
      split(
        '    - {revisionName: hello-00001, percent: 80, tag: old}\n    - {latestRevision: true, percent: 20, tag: new}\n',
      ),
    );
    await terminal.pass(4000);
    await ready();
    expect(await output('kubectl get revisions -o name')).toBe(
      'revision.serving.knative.dev/hello-00001\nrevision.serving.knative.dev/hello-00002\n',
    );
    const all = await output(`for i in $(seq 200); do curl -s ${URL}; echo; done | sort | uniq -c`);
    const [, one = '0', two = '0'] = /(\d+) one\n +(\d+) two/.exec(all) ?? [];
    expect(Number(one) + Number(two)).toBe(200);
    // 99.9 % of all draws of 200 with a share of 0.8.
    expect(Number(one)).toBeGreaterThan(140);
    expect(Number(one)).toBeLessThan(180);
    expect(await output('kubectl get ksvc hello -o jsonpath={.status.traffic[0].url}')).toBe(
      'http://old-hello.default.172.18.255.80.sslip.io',
    );
    expect(await output('curl -s http://old-hello.default.172.18.255.80.sslip.io')).toBe('one');
    expect(await output('curl -s http://new-hello.default.172.18.255.80.sslip.io')).toBe('two');
    expect(await output('kubectl get svc old-hello -o jsonpath={.spec.type}')).toBe('ExternalName');
    await apply(split('    - {latestRevision: true, percent: 100}\n'));
    await terminal.pass(1000);
    expect(await output('kubectl get revision hello-00001 -o jsonpath={.metadata.labels}')).toContain(
      '"serving.knative.dev/routingState":"reserve"',
    );
    expect((await terminal.run('kubectl get svc old-hello')).exitCode).toBe(1);
    expect(await output(`for i in $(seq 20); do curl -s ${URL}; echo; done | sort | uniq -c`)).toMatch(
      /^ +20 two\n$/,
    );
  });

  test('a container that does not come up fails its Revision, and the one before goes on', async () => {
    await apply(service('hi'));
    await ready();
    await output(
      `kubectl patch ksvc hello --type merge -p '{"spec":{"template":{"spec":{"containers":[{"image":"busybox:1","command":["false"]}]}}}}'`,
    );
    await terminal.pass(20_000);
    expect(await output('kubectl get ksvc hello --no-headers')).toMatch(
      /hello-00002 +hello-00001 +False +RevisionFailed/,
    );
    expect(
      await output(
        `kubectl get revision hello-00002 -o jsonpath='{.status.conditions[?(@.type=="Ready")].reason}'`,
      ),
    ).toBe('ExitCode1');
    expect(await output(`curl -s ${URL}`)).toBe('hi');
  });

  test('a cluster that is booted again serves what it served', async () => {
    await apply(service('hi', { annotations: 'autoscaling.knative.dev/window: 10s' }));
    await ready();
    await terminal.pass(20_000);
    expect(await pods()).toBe(0);
    const snapshot = terminal.cluster.snapshot();
    terminal.dispose();
    terminal = new TerminalDriver({ addons: ['knative'], snapshot });
    await terminal.cluster.ready;
    await terminal.pass(1000);
    expect(await output('kubectl get ksvc hello --no-headers')).toMatch(/True/);
    expect(await pods()).toBe(0);
    expect(await output(`curl -s ${URL}`)).toBe('hi');
    expect(await pods()).toBe(1);
  });

  test.each([
    {
      name: 'no container',
      spec: 'template: {spec: {containers: []}}',
      want: 'missing field(s): spec.template.spec.containers',
    },
    {
      name: 'no image, a variable of its own, two ports',
      spec: 'template: {spec: {containers: [{env: [{name: PORT, value: "1"}], ports: [{containerPort: 1}, {containerPort: 2}]}]}}',
      want: '"PORT" is a reserved environment variable: spec.template.spec.containers[0].env[0].name\nmissing field(s): spec.template.spec.containers[0].image\nmore than one container port is set: spec.template.spec.containers[*].ports\nOnly a single port is allowed across all containers',
    },
    {
      name: 'traffic that does not add up',
      spec: 'template: {spec: {containers: [{image: nginx}]}}, traffic: [{revisionName: x-1, percent: 60}, {latestRevision: true, percent: 30}]',
      want: 'Traffic targets sum to 90, want 100: spec.traffic',
    },
    {
      name: 'bounds the wrong way round, a window too short',
      spec: 'template: {metadata: {annotations: {autoscaling.knative.dev/min-scale: "3", autoscaling.knative.dev/max-scale: "2", autoscaling.knative.dev/window: 1s}}, spec: {containers: [{image: nginx}]}}',
      want: 'expected 6s <= 1s <= 1h0m0s: spec.template.metadata.annotations.autoscaling.knative.dev/window\nmax-scale=2 is less than min-scale=3: spec.template.metadata.annotations.autoscaling.knative.dev/max-scale, spec.template.metadata.annotations.autoscaling.knative.dev/min-scale',
    },
  ])('refuses $name', async ({ spec, want }) => {
    const { output: said, exitCode } = await apply(
      `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec: {${spec}}\n`,
    );
    expect(exitCode).toBe(1);
    expect(said).toContain(
      `admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: ${want}\n`,
    );
  });

  test('revisions do not change', async () => {
    await apply(service('hi'));
    await ready();
    const { output: said } = await terminal.run(
      `kubectl patch revision hello-00001 --type merge -p '{"spec":{"containerConcurrency":5}}'`,
    );
    expect(said).toContain(
      'denied the request: validation failed: Immutable fields changed (-old +new): spec\n',
    );
    expect(said).toContain('{v1.RevisionSpec}.ContainerConcurrency:\n\t-: 0\n\t+: 5\n');
  });

  test('all of it is gone with the Service', async () => {
    await apply(service('hi'));
    await ready();
    await output('kubectl delete ksvc hello');
    await terminal.pass(5000);
    expect(await output('kubectl get deploy,svc,revision,configuration,route,kpa,pods -o name')).toBe(
      'service/kubernetes\n',
    );
  });
});
