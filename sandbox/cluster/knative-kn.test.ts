import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000 });

let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  // Commands that kn loads when first used.
  await Promise.all([
    import('../shell/commands/kn/brokers.ts'),
    import('../shell/commands/kn/revisions.ts'),
    import('../shell/commands/kn/routes.ts'),
    import('../shell/commands/kn/service-changes.ts'),
    import('../shell/commands/kn/service-queries.ts'),
    import('../shell/commands/kn/triggers.ts'),
  ]);
}, 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ addons: ['knative'] });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const said = async (line: string) => (await terminal.run(line)).output;
const CREATE = 'kn service create hello --image nginx:1 --port 80';
const URL = 'http://hello.default.172.18.255.80.sslip.io';

describe('kn service', () => {
  test('create waits and tells the URL', async () => {
    expect(await output('kn service list')).toBe('No services found.\n');
    expect(await output(CREATE)).toMatch(
      new RegExp(
        `^Creating service 'hello' in namespace 'default':\n\n(?: +[\\d.]+s Configuration "hello" is waiting for a Revision to become ready\\.\n)? +[\\d.]+s Ready to serve\\.\n\nService 'hello' created to latest revision 'hello-00001' is available at URL:\n${URL}\n$`,
      ),
    );
    expect(await output('kn service list')).toMatch(
      /^NAME +URL +LATEST +AGE +CONDITIONS +READY +REASON\nhello +http:\/\/\S+ +hello-00001 +\d+s +3 OK \/ 3 +True +\n$/,
    );
    expect(await said(CREATE)).toBe(
      "Error: cannot create service 'hello' in namespace 'default' because the service already exists and no --force option was given\nRun 'kn --help' for usage\n",
    );
    expect(await output('kn service describe hello -o url')).toBe(`${URL}\n`);
  });

  test('the flags say it as annotations, environment, volumes', async () => {
    await output('kubectl create configmap code --from-literal=index.html=mounted');
    await output(
      `${CREATE} --env A=1 --env B=2 --scale 1..3 --scale-window 10s --scale-target 5 --concurrency-limit 10 --mount /usr/share/nginx/html=cm:code --label team=shop --no-wait`,
    );
    const template = JSON.parse(await output('kubectl get ksvc hello -o jsonpath={.spec.template}')) as {
      metadata: { annotations: Record<string, string>; labels: Record<string, string> };
      spec: { containers: { env: object[]; ports: object[] }[]; containerConcurrency: number };
    };
    expect(template.metadata.annotations).toMatchObject({
      'autoscaling.knative.dev/min-scale': '1',
      'autoscaling.knative.dev/max-scale': '3',
      'autoscaling.knative.dev/window': '10s',
      'autoscaling.knative.dev/target': '5',
    });
    expect(template.metadata.labels).toEqual({ team: 'shop' });
    expect(template.spec.containerConcurrency).toBe(10);
    expect(template.spec.containers[0]).toMatchObject({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      ports: [{ containerPort: 80 }],
    });
    await output('kn service wait hello');
    expect(await output(`curl -s ${URL}`)).toBe('mounted');
    await output('kn service update hello --env A- --env B=3');
    expect(await output('kubectl get ksvc hello -o jsonpath={.spec.template.spec.containers[0].env}')).toBe(
      '[{"name":"B","value":"3"}]',
    );
  });

  test('update splits traffic, describe and the lists show it', async () => {
    await output(CREATE);
    await output('kn service update hello --env TARGET=Moon --revision-name v2');
    expect(
      await output('kn service update hello --traffic hello-00001=80,@latest=20 --tag hello-00001=old'),
    ).toContain("Service 'hello' with latest revision 'hello-v2' (unchanged) is available at URL:\n");
    expect(await output('kubectl get ksvc hello -o jsonpath={.spec.traffic}')).toContain(
      '"revisionName":"hello-00001","tag":"old"',
    );
    expect((await output('kn service describe hello')).replace(/\b\d+s\b/g, '1s')).toBe(
      `Name:       hello
Namespace:  default
Age:        1s
URL:        ${URL}

Revisions:  
   20%  @latest (hello-v2) [2] (1s)
        Image:     nginx:1
        Replicas:  1/1
   80%  hello-00001 #old [1] (1s)
        Image:     nginx:1
        Replicas:  1/1

Conditions:  
  OK TYPE                   AGE REASON
  ++ Ready                   1s 
  ++ ConfigurationsReady     1s 
  ++ RoutesReady             1s 
`,
    );
    expect(await output('kn revision list')).toMatch(
      /^NAME +SERVICE +TRAFFIC +TAGS +GENERATION +AGE +CONDITIONS +READY +REASON\nhello-v2 +hello +20% +2 .*True +\nhello-00001 +hello +80% +old +1 .*True +\n$/,
    );
    expect(await output('kn route describe hello')).toContain(
      'Traffic Targets:  \n   20%  @latest (hello-v2)\n   80%  hello-00001 #old\n        URL:  http://old-hello.',
    );
    await output('kn service update hello --traffic @latest=100 --untag old');
    expect(await output('kn revision delete --prune hello')).toBe(
      "Revision 'hello-00001' deleted in namespace 'default'.\n",
    );
  });

  test.each([
    [
      '--traffic @latest=70 --traffic @latest=30',
      'repetition of identifier @latest is not allowed, use only once with --traffic flag',
    ],
    ['--traffic @latest=101', 'invalid value for traffic percent 101, expected 0 <= percent <= 100'],
    ['--traffic hello-00001=60,@latest=50', 'given traffic percents sum to 110, want <=100'],
    ['--untag gone', 'tag(s) gone not present for any revisions of service hello'],
    ['--scale many', 'Scale must be of the format x..y or x'],
    ['', 'flag(s) not set\nUsage: update NAME'],
  ])('update %s is refused', async (flags, message) => {
    await output(`${CREATE} --no-wait`);
    expect(await said(`kn service update hello ${flags}`)).toBe(
      `Error: ${message}\nRun 'kn --help' for usage\n`,
    );
  });

  test('apply does what has changed, and nothing else', async () => {
    const apply = 'kn service apply hello --image nginx:1 --port 80';
    expect(await output(apply)).toContain("Service 'hello' created to latest revision 'hello-00001'");
    expect(await output(apply)).toBe(
      `No changes to apply to service 'hello'.\nService 'hello' with latest revision 'hello-00001' (unchanged) is available at URL:\n${URL}\n`,
    );
    expect(await output(`${apply} --env A=b`)).toContain(
      "Service 'hello' applied to latest revision 'hello-00002'",
    );
  });

  test('a failure ends the wait, delete tells each', async () => {
    expect(await said('kn service create hello --image busybox:1 --cmd false')).toMatch(
      /\nError: RevisionFailed: Revision "hello-00001" failed with message: Container failed with: .*\.\nRun 'kn --help' for usage\n$/,
    );
    expect(await said('kn service delete hello nope')).toBe(
      `Service 'hello' successfully deleted in namespace 'default'.\nError: services.serving.knative.dev "nope" not found\nRun 'kn --help' for usage\n`,
    );
  });
});

test('kn broker and trigger', async () => {
  expect(
    await output('kn broker create default --retry 2 --backoff-policy linear --backoff-delay PT1S'),
  ).toBe("Broker 'default' successfully created in namespace 'default'.\n");
  await output(`${CREATE} --no-wait`);
  expect(await said('kn trigger create t --sink ksvc:nope')).toBe(
    `Error: cannot create trigger 't' in namespace 'default' because: services.serving.knative.dev "nope" not found\nRun 'kn --help' for usage\n`,
  );
  expect(await output('kn trigger create t --filter type=order --sink ksvc:hello')).toBe(
    "Trigger 't' successfully created in namespace 'default'.\n",
  );
  await output('kn service wait hello');
  await terminal.pass(500);
  expect(await output('kn broker list')).toMatch(
    /^NAME +URL +AGE .*\ndefault +http:\/\/broker-ingress\.knative-eventing\.svc\.cluster\.local\/default\/default +\d+s +7 OK \/ 7 +True +\n$/,
  );
  expect(await output('kn trigger list')).toMatch(
    /^NAME +BROKER +SINK .*\nt +default +ksvc:hello +\d+s +7 OK \/ 7 +True +\n$/,
  );
  expect(await output('kn trigger describe t')).toContain(
    'Sink:        \n  Name:      hello\n  Resource:  Service (serving.knative.dev/v1)\n',
  );
  expect(await output('kn trigger delete t && kn broker delete default --wait')).toBe(
    "Trigger 't' deleted in namespace 'default'.\nBroker 'default' successfully deleted in namespace 'default'.\n",
  );
});

test.each([
  ['kn frob', "unknown command 'frob' for 'kn'", 'kn'],
  [
    'kn route frob',
    "unknown sub-command 'frob' for 'kn route'. Available sub-commands: describe, list",
    'kn route',
  ],
  ['kn service create x --imagge y', "unknown flag: --imagge for 'kn service create'", 'kn service create'],
  [
    'kn service create x',
    "'service create' requires the image name to run provided with the --image option",
    'kn',
  ],
])('%s', async (line, message, help) => {
  expect(await said(line)).toBe(`Error: ${message}\nRun '${help} --help' for usage\n`);
});
