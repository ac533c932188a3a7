/** Charts rendered by our helm against what helm 4.1.4 printed for them, and releases in the embedded cluster. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { TerminalMachine, type Output } from '../../../../tests/transcripts/terminal-machine.ts';
import { program } from './helm.ts';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));
const SHOP = fileURLToPath(new URL('../../../cluster/serve/fixtures/charts/shop', import.meta.url));
const recorded = (name: string) => readFileSync(join(FIXTURES, `${name}.recorded.yaml`), 'utf8');

const nowhere = {
  fetch: () => Promise.reject(new Error('no cluster')),
  connect: () => Promise.reject(new Error('no cluster')),
};

function machineWith(charts: Record<string, string> = {}): TerminalMachine {
  const machine = new TerminalMachine(nowhere as never, program);
  const copy = (from: string, to: string) => {
    for (const name of readdirSync(from))
      if (statSync(join(from, name)).isDirectory()) copy(join(from, name), `${to}/${name}`);
      else machine.write(`${to}/${name}`, readFileSync(join(from, name), 'utf8'));
  };
  for (const [name, path] of Object.entries(charts)) copy(path, name);
  return machine;
}

const run = (machine: TerminalMachine, line: string): Promise<Output> => machine.run(line.split(' '));

describe('helm template', () => {
  test('of a chart with functions of all kinds', async () => {
    const machine = machineWith({ functions: join(FIXTURES, 'charts/functions') });
    const { stdout, stderr } = await run(machine, 'helm template demo functions');
    expect(stderr).toBe('');
    expect(stdout).toBe(recorded('functions'));
  });

  test('of the shop', async () => {
    const { stdout, stderr } = await run(machineWith({ shop: SHOP }), 'helm template demo shop');
    expect(stderr).toBe('');
    expect(stdout).toBe(recorded('shop'));
  });

  test('of what helm create makes', async () => {
    const machine = machineWith();
    expect((await run(machine, 'helm create mychart')).stdout).toBe('Creating mychart\n');
    expect((await run(machine, 'helm template demo mychart')).stdout).toBe(recorded('starter'));
    const all =
      'helm template demo mychart --set ingress.enabled=true,autoscaling.enabled=true,httpRoute.enabled=true,image.tag=1.2,podAnnotations.a=b -n prod --set-string podLabels.x=1 --set ingress.hosts[0].host=h.test,tolerations[0].key=k';
    expect((await run(machine, all)).stdout).toBe(recorded('starter-all'));
  });

  test('of a packaged chart is the same', async () => {
    const machine = machineWith({ shop: SHOP });
    expect((await run(machine, 'helm package shop')).stdout).toBe(
      'Successfully packaged chart and saved it to: /root/shop-1.2.3.tgz\n',
    );
    expect((await run(machine, 'helm template demo shop-1.2.3.tgz')).stdout).toBe(recorded('shop'));
  });

  test('checks values against the schema', async () => {
    const { stderr, exitCode } = await run(
      machineWith({ shop: SHOP }),
      'helm template x shop --set replicas=a',
    );
    expect(stderr).toBe(
      "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nshop:\n- at '/replicas': got string, want integer\n\n",
    );
    expect(exitCode).toBe(1);
  });

  const DEBUG = '\n\nUse --debug flag to render out invalid YAML\n';
  test.each([
    ['{{ required "need it" .Values.x }}', 'execution error at (er/templates/x.yaml:1:3): need it'],
    ['{{ nope 1 }}', 'parse error at (er/templates/x.yaml:1): function "nope" not defined'],
    ['{{ if true }}x', 'parse error at (er/templates/x.yaml:2): unexpected EOF'],
    ['{{ end }}', 'parse error at (er/templates/x.yaml:1): unexpected {{end}}'],
    ['{{ $x }}', 'parse error at (er/templates/x.yaml:1): undefined variable "$x"'],
    [
      '{{ include "zz" . }}',
      'er/templates/x.yaml:1:3\n  executing "er/templates/x.yaml" at <include "zz" .>:\n    error calling include:\ntemplate: no template "zz" associated with template "gotpl"',
    ],
    [
      'a: {{ .Values.a.b }}',
      'er/templates/x.yaml:1:13\n  executing "er/templates/x.yaml" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b',
    ],
    [
      '{{ "x" | nindent }}',
      'er/templates/x.yaml:1:9\n  executing "er/templates/x.yaml" at <nindent>:\n    wrong number of args for nindent: want 2 got 1',
    ],
    [
      '{{ index .Values "a" "b" }}',
      'template: er/templates/x.yaml:1:3: executing "er/templates/x.yaml" at <index .Values "a" "b">: error calling index: index of nil pointer',
    ],
    [
      '{{ lt 1 "a" }}',
      'template: er/templates/x.yaml:1:3: executing "er/templates/x.yaml" at <lt 1 "a">: error calling lt: incompatible types for comparison: int and string',
    ],
    [
      '{{ template "nn" . }}',
      'er/templates/x.yaml:1:12\n  executing "er/templates/x.yaml" at <{{template "nn" .}}>:\n    template "nn" not defined',
    ],
    [
      '{{ define "q" }}{{ fail "in" }}{{ end }}{{ include "q" . }}',
      'execution error at (er/templates/x.yaml:1:43): in',
    ],
    [
      'a: [b',
      "YAML parse error on er/templates/x.yaml: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'",
    ],
  ])('says what is wrong with %s', async (template, message) => {
    const machine = machineWith();
    machine.write('er/Chart.yaml', 'apiVersion: v2\nname: er\nversion: 1.0.0\n');
    machine.write('er/templates/x.yaml', `${template}\n`);
    const { stderr, exitCode } = await run(machine, 'helm template r er');
    expect(stderr).toBe(`Error: ${message}${DEBUG}`);
    expect(exitCode).toBe(1);
  });
});

test('helm lint', async () => {
  const machine = machineWith({ shop: SHOP });
  expect((await run(machine, 'helm lint shop')).stdout).toBe(
    '==> Linting shop\n[INFO] Chart.yaml: icon is recommended\n\n1 chart(s) linted, 0 chart(s) failed\n',
  );
  const { stdout, stderr } = await run(machine, 'helm lint nope');
  expect(stdout + stderr).toBe(
    '==> Linting nope\nError unable to check Chart.yaml file in chart: stat nope/Chart.yaml: no such file or directory\n\nError: 1 chart(s) linted, 1 chart(s) failed\n',
  );
});
