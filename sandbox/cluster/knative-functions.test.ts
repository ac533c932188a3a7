import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { encode } from '../core/bytes.ts';
import { inProcessBatchTools } from '../shell/in-process-batch.ts';
import { prepareScripts } from '../shell/script/script-runtime.ts';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

const batch = inProcessBatchTools();
/** As many as a test starts. */
const SCRIPTS = 5;
let terminal: TerminalDriver;
beforeAll(async () => {
  await TerminalDriver.load();
  await import('../shell/script/script-thread.ts');
}, 60_000);
beforeEach(async () => {
  // Interpreters take real time to make: those of a test are there before its cluster's time passes.
  await prepareScripts(SCRIPTS);
  terminal = new TerminalDriver({ addons: ['knative'], batch });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);

/** A function with that code, as a Service. */
async function deploy(code: string, more: { annotations?: string; spec?: string } = {}): Promise<void> {
  terminal.write('code/index.js', code);
  await output('kubectl create configmap code --from-file=code');
  terminal.write(
    'm.yaml',
    `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello}
spec:
  template:
    metadata: {annotations: {${more.annotations ?? ''}}}
    spec:
      ${more.spec ?? ''}
      containers:
        - image: function:1
          volumeMounts: [{name: code, mountPath: /function}]
      volumes: [{name: code, configMap: {name: code}}]
`,
  );
  await output('kubectl apply -f m.yaml');
  await output('kubectl wait --for=condition=Ready ksvc/hello --timeout 100s');
}

const URL = 'http://hello.default.172.18.255.80.sslip.io';

describe('functions', () => {
  test('HTTP: a body, a query, a status', async () => {
    await deploy(`module.exports = { handle: async (context, body) =>
      context.query.fail ? { statusCode: 418, headers: { 'x-why': 'tea' }, body: 'no' } : { method: context.method, got: body, name: context.query.name } };`);
    expect(await output(`curl -s '${URL}?name=Ada'`)).toBe('{"method":"GET","name":"Ada"}');
    expect(await output(`curl -s -H 'content-type: application/json' -d '{"a":[1]}' ${URL}`)).toBe(
      '{"method":"POST","got":{"a":[1]}}',
    );
    expect(await output(`curl -si '${URL}?fail=1'`)).toMatch(/^HTTP\/1\.1 418 .*X-Why: tea.*\r?\n\r?\nno$/s);
    expect(await output(`curl -s -o /dev/null -w '%{http_code}' ${URL}/nowhere`)).toBe('404');
    expect(await output(`curl -s ${URL}/health/readiness`)).toBe('OK');
  });

  test('CloudEvents: binary and structured in, binary out', async () => {
    await deploy(`const { CloudEvent } = require('cloudevents');
      module.exports = { handle: async (context, event) =>
        new CloudEvent({ source: '/square', type: 'squared', id: event.id, time: '2026-01-01T00:00:00Z', data: { n: event.data.n ** 2, shop: event.shop } }) };`);
    const binary = `curl -si ${URL} -H 'ce-specversion: 1.0' -H 'ce-id: 7' -H 'ce-source: me' -H 'ce-type: n' -H 'ce-shop: caf%C3%A9' -H 'content-type: application/json' -d '{"n":3}'`;
    const answer = await output(binary);
    expect(answer).toMatch(/^Ce-Id: 7\r?$/m);
    expect(answer).toMatch(/^Ce-Type: squared\r?$/m);
    expect(answer).toMatch(/^Ce-Specversion: 1\.0\r?$/m);
    expect(answer).toMatch(/\n\r?\n\{"n":9,"shop":"café"\}$/);
    const event = '{"specversion":"1.0","id":"8","source":"me","type":"n","data":{"n":4}}';
    expect(await output(`curl -s ${URL} -H 'content-type: application/cloudevents+json' -d '${event}'`)).toBe(
      '{"n":16}',
    );
    expect(
      await output(
        `curl -s -o /dev/null -w '%{http_code}' ${URL} -H 'ce-specversion: 0.3' -H 'ce-id: 7' -H 'ce-source: me' -H 'ce-type: n' -d x`,
      ),
    ).toBe('406');
    expect(await output(`curl -s ${URL} -H 'ce-specversion: 1.0' -H 'ce-id: 7' -d x`)).toBe(
      `{"statusCode":400,"message":"invalid payload\\n  must have required property 'source'\\n  must have required property 'type'"}`,
    );
  });

  test('an ES module, and a handler that fails', async () => {
    await deploy(
      `export const handle = async (context, body) => { if (body === 'boom') throw new Error('it broke'); return 'fine'; };`,
    );
    expect(await output(`curl -s ${URL}`)).toBe('fine');
    expect(await output(`curl -s -w ' %{http_code}' -H 'content-type: text/plain' -d boom ${URL}`)).toBe(
      'it broke 500',
    );
    expect(await output('kubectl logs -l serving.knative.dev/service=hello -c user-container')).toContain(
      'Error processing user function: "Error: it broke"',
    );
  });

  test('a Broker wakes a function up, which handles a duplicate once', async () => {
    await deploy(
      `const { CloudEvent } = require('cloudevents');
       const done = new Map();
       module.exports = { handle: async (context, event) => {
         if (done.has(event.id)) { console.log('again ' + event.id); return done.get(event.id); }
         console.log('charged ' + event.id);
         const receipt = new CloudEvent({ source: '/till', type: 'order.paid', id: 'paid-' + event.id, data: { total: event.data.price * 2 } });
         done.set(event.id, receipt);
         return receipt;
       } };`,
      { annotations: 'autoscaling.knative.dev/window: 10s' },
    );
    terminal.write(
      'e.yaml',
      `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: till}
spec:
  broker: default
  filter: {attributes: {type: order.placed}}
  subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: hello}}
`,
    );
    await output('kubectl apply -f e.yaml');
    await output('kubectl wait --for=condition=Ready broker/default trigger/till --timeout 20s');
    await terminal.pass(15_000);
    expect((await terminal.run('kubectl get pods -o name')).output).not.toContain('pod/');
    const event = { 'ce-specversion': '1.0', 'ce-id': '7', 'ce-source': 'shop', 'ce-type': 'order.placed' };
    for (let time = 0; time < 2; time++) {
      const { status } = await terminal.cluster.network.fetchService(
        { namespace: 'knative-eventing', service: 'broker-ingress', port: 80 },
        {
          method: 'POST',
          path: '/default/default',
          headers: { ...event, 'content-type': 'application/json' },
          body: encode('{"price":4}'),
        },
      );
      expect(status).toBe(202);
      await terminal.pass(3000);
    }
    expect(await output('kubectl logs -l serving.knative.dev/service=hello -c user-container')).toBe(
      'charged 7\nagain 7\n',
    );
  });

  test('an image built on it', async () => {
    terminal.write('f/index.js', "module.exports = async () => 'built';");
    terminal.write('f/Dockerfile', 'FROM function:1\nCOPY index.js /function/\n');
    await output('docker build -q -t localhost:5001/built:1 f && docker push -q localhost:5001/built:1');
    await output(
      'kubectl run built --image localhost:5001/built:1 && kubectl wait --for=condition=Ready pod/built --timeout 60s',
    );
    const address = await output('kubectl get pod built -o jsonpath={.status.podIP}');
    await output('kubectl run inside --image=busybox:1 -- sleep 1000');
    await output('kubectl wait --for=condition=Ready pod/inside');
    await terminal.pass(2000);
    expect(await output(`kubectl exec inside -- wget -qO- http://${address}:8080`)).toBe('built');
  });

  test('containerConcurrency makes pods, max-scale bounds them', async () => {
    await deploy(
      `module.exports = { handle: async () => { await new Promise((done) => setTimeout(done, 8000)); return 'hi'; } };`,
      {
        annotations: `autoscaling.knative.dev/max-scale: "3", autoscaling.knative.dev/window: 10s`,
        spec: 'containerConcurrency: 1',
      },
    );
    const said = await output(
      `for i in 1 2 3 4 5 6; do curl -s ${URL} & done; sleep 6; kubectl get pods -o name | wc -l; wait`,
    );
    expect(said).toMatch(/^3$/m);
    expect(said.match(/hi/g)).toHaveLength(6);
    await terminal.pass(60_000);
    expect((await terminal.run('kubectl get pods -o name')).output).not.toContain('pod/');
  });
});
