import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000 });

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  terminal = new TerminalDriver({ addons: ['gateway'] });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const apply = (yaml: string) => {
  terminal.write('m.yaml', yaml);
  return output('kubectl apply -f m.yaml');
};

/** Pods that say their name, each behind a Service of its own. */
async function backEnds(...names: string[]): Promise<void> {
  await apply(
    names
      .map(
        (name) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  containers:
    - name: web
      image: nginx:1
      command: [sh, -c, 'echo ${name} > /usr/share/nginx/html/index.html; exec nginx -g "daemon off;"']
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: ${name}}
  ports: [{port: 8080, targetPort: 80}]
`,
      )
      .join('---\n'),
  );
  await output(`kubectl wait --for=condition=Ready pod ${names.join(' ')} --timeout 60s`);
}

const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: slipway
  listeners:
    - {name: http, port: 80, protocol: HTTP}
`;

const route = (rules: string, hostnames = '[]') => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  hostnames: ${hostnames}
  rules:
${rules}
`;

async function address(): Promise<string> {
  await output('kubectl wait --for=condition=Programmed gateway/edge --timeout 30s');
  return output('kubectl get gateway edge -o jsonpath={.status.addresses[0].value}');
}

describe('Gateway API', () => {
  test('classes, gateways and routes tell what came of them', async () => {
    await terminal.pass(1000);
    expect(await output('kubectl get gatewayclass')).toMatch(
      /^NAME +CONTROLLER +ACCEPTED +AGE\nslipway +slipway\.dev\/gateway-controller +True +\S+\n$/,
    );
    await apply(GATEWAY + '---\n' + route('    - backendRefs: [{name: nowhere, port: 80}]'));
    await terminal.pass(1000);
    expect(await output('kubectl get gateway')).toMatch(
      /^NAME +CLASS +ADDRESS +PROGRAMMED +AGE\nedge +slipway +172\.18\.255\.\d+ +True +\S+\n$/,
    );
    const conditions = (
      await output(
        `kubectl get httproute web -o jsonpath='{range .status.parents[0].conditions[*]}{.type}={.status} {.reason}{"\\n"}{end}'`,
      )
    ).split('\n');
    expect(conditions).toEqual(['Accepted=True Accepted', 'ResolvedRefs=False BackendNotFound', '']);
    expect(await output('kubectl get gateway edge -o jsonpath={.status.listeners[0].attachedRoutes}')).toBe(
      '1',
    );
    expect(await output(`curl -s -o /dev/null -w '%{http_code}' http://${await address()}/`)).toBe('500');
  });

  test('hostnames, paths, headers; what nothing matches is 404', async () => {
    await backEnds('one', 'two');
    await apply(
      GATEWAY +
        '---\n' +
        route(
          `    - matches:
        - path: {type: PathPrefix, value: /two}
      filters:
        - type: URLRewrite
          urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
      backendRefs: [{name: two, port: 8080}]
    - matches: [{headers: [{name: X-To, value: two}]}]
      backendRefs: [{name: two, port: 8080}]
    - backendRefs: [{name: one, port: 8080}]`,
          '[shop.example.com]',
        ),
    );
    const gateway = await address();
    const get = (path: string, flags = '') =>
      output(`curl -s -w ' %{http_code}' -H 'Host: shop.example.com' ${flags} http://${gateway}${path}`);
    expect(await get('/')).toBe('one\n 200');
    expect(await get('/two')).toBe('two\n 200');
    expect(await get('/two/index.html')).toBe('two\n 200');
    expect(await get('/', '-H "x-to: two"')).toBe('two\n 200');
    expect(await output(`curl -s -o /dev/null -w '%{http_code}' http://${gateway}/`)).toBe('404');
  });

  test('weights share the requests out; redirects and header filters', async () => {
    await backEnds('one', 'two');
    await apply(
      GATEWAY +
        '---\n' +
        route(`    - matches: [{path: {type: Exact, value: /old}}]
      filters:
        - type: RequestRedirect
          requestRedirect: {statusCode: 301, hostname: new.example.com}
    - filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier: {set: [{name: X-By, value: gateway}]}
      backendRefs:
        - {name: one, port: 8080, weight: 9}
        - {name: two, port: 8080, weight: 1}`),
    );
    const gateway = await address();
    const answers = (await output(`for i in $(seq 200); do curl -s http://${gateway}/; done`))
      .trim()
      .split('\n');
    const twos = answers.filter((name) => name === 'two').length;
    expect(answers.filter((name) => name === 'one').length + twos).toBe(200);
    // 20 expected of 200; the 99.9 % interval.
    expect(twos).toBeGreaterThan(5);
    expect(twos).toBeLessThan(38);
    expect(await output(`curl -s -i http://${gateway}/old`)).toMatch(
      /^HTTP\/1\.1 301 Moved Permanently\r\n(.*\r\n)*location: http:\/\/new\.example\.com\/old\r\n/i,
    );
    expect(await output(`curl -s -i http://${gateway}/`)).toMatch(/x-by: gateway/i);
  });

  test('a hostname that is no listener’s, a namespace that is not allowed', async () => {
    await apply(GATEWAY.replace('{name: http,', '{name: http, hostname: "*.example.com",'));
    await output('kubectl create namespace other');
    await apply(route('    - backendRefs: [{name: one, port: 80}]', '[shop.example.org]'));
    const elsewhere = route('    - backendRefs: [{name: one, port: 80}]', '[shop.example.com]');
    await apply(
      elsewhere
        .replace('name: web', 'name: web, namespace: other')
        .replace('name: edge', 'name: edge, namespace: default'),
    );
    await terminal.pass(1000);
    const reason = `-o jsonpath='{.status.parents[0].conditions[?(@.type=="Accepted")].reason}'`;
    expect(await output(`kubectl get httproute web ${reason}`)).toBe('NoMatchingListenerHostname');
    expect(await output(`kubectl get httproute web -n other ${reason}`)).toBe('NotAllowedByListeners');
  });

  test('a rule that the schema refuses', async () => {
    const { output: said, exitCode } = await (async () => {
      terminal.write('m.yaml', route('    - matches: [{path: {type: Exact, value: nope}}]'));
      return terminal.run('kubectl apply -f m.yaml');
    })();
    expect(exitCode).toBe(1);
    expect(said).toContain('value must be an absolute path');
  });
});

test('Ingress: hosts and paths, its address in its status', async () => {
  await backEnds('one', 'two');
  await apply(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: slipway
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /two, pathType: Exact, backend: {service: {name: two, port: {number: 8080}}}}
          - {path: /, pathType: Prefix, backend: {service: {name: one, port: {number: 8080}}}}
`);
  await terminal.pass(1000);
  const ip = await output('kubectl get ingress web -o jsonpath={.status.loadBalancer.ingress[0].ip}');
  expect(await output(`curl -s -H 'Host: shop.example.com' http://${ip}/`)).toBe('one\n');
  expect(await output(`curl -s -o /dev/null -w '%{http_code}' http://${ip}/`)).toBe('404');
});

test('a Service of type LoadBalancer gets an address that answers the learner', async () => {
  await backEnds('one');
  await output(`kubectl patch service one -p '{"spec":{"type":"LoadBalancer"}}'`);
  await terminal.pass(1000);
  expect(await output('kubectl get service one --no-headers')).toMatch(
    /LoadBalancer +\S+ +172\.18\.255\.\d+ +8080:3\d+\/TCP/,
  );
  const ip = await output('kubectl get service one -o jsonpath={.status.loadBalancer.ingress[0].ip}');
  expect(await output(`curl -s http://${ip}:8080/`)).toBe('one\n');
  await output(`kubectl patch service one -p '{"spec":{"type":"ClusterIP"}}'`);
  await terminal.pass(1000);
  expect(await output('kubectl get service one -o jsonpath={.status.loadBalancer}')).toBe('{}');
});
