/** What a learner does to nodes and sees of usage, at the terminal. */
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { setSliceMs, SLICE_MS } from '../core/slice.ts';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 60_000 });

let terminal: TerminalDriver;
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  setSliceMs(Infinity);
  terminal = new TerminalDriver({ nodes: 3 });
  await terminal.pass(1000);
});
afterEach(() => {
  terminal.dispose();
  setSliceMs(SLICE_MS);
});

const run = (line: string) => terminal.run(line);
const output = (line: string) => terminal.output(line);
const nodes = async () =>
  (await output('kubectl get nodes --no-headers')).split(/\n/).map((line) => line.split(/ +/)[1]);

test('docker stop: NotReady after a while; docker start: Ready again', async () => {
  expect(await nodes()).toEqual(['Ready', 'Ready', 'Ready', undefined]);
  expect(await output('docker stop slipway-worker')).toBe('slipway-worker\n');
  expect(await output('docker ps -a --format "{{.Names}} {{.Status}}"')).toMatch(
    /slipway-worker Exited \(137\) /,
  );
  await terminal.pass(60_000);
  expect(await nodes()).toEqual(['Ready', 'NotReady', 'Ready', undefined]);
  expect(await output('docker start slipway-worker')).toBe('slipway-worker\n');
  await terminal.pass(30_000);
  expect(await nodes()).toEqual(['Ready', 'Ready', 'Ready', undefined]);
});

test('docker network disconnect and pause: silent for as long as it lasts', async () => {
  await output('docker network disconnect kind slipway-worker');
  await output('docker pause slipway-worker2');
  expect(await output('docker ps --format "{{.Names}} {{.Status}}"')).toMatch(
    /slipway-worker2 Up .* \(Paused\)/,
  );
  await terminal.pass(60_000);
  expect(await nodes()).toEqual(['Ready', 'NotReady', 'NotReady', undefined]);
  expect(await run('docker network disconnect kind slipway-worker')).toMatchObject({ exitCode: 1 });
  await output('docker network connect kind slipway-worker; docker unpause slipway-worker2');
  await terminal.pass(30_000);
  expect(await nodes()).toEqual(['Ready', 'Ready', 'Ready', undefined]);
});

test('kubectl top, as metrics come in', async () => {
  await output(
    'kubectl run busy --image=busybox:1 -l app=busy -- sh -c "while sleep 0.1; do for i in 1 2 3 4 5 6 7 8 9; do :; done; done"',
  );
  await output('kubectl run idle --image=busybox:1 -- sleep 1d');
  expect(await run('kubectl top pods')).toEqual({
    output: 'error: metrics not available yet\n',
    exitCode: 1,
  });
  await terminal.pass(31_000);
  const text = await output('kubectl top pods --sort-by=cpu');
  expect(text).toMatch(/^NAME {3}CPU\(cores\) {3}MEMORY\(bytes\) {3}\nbusy {3}\d+m +\d+Mi +\nidle {3}0m/);
  expect(await output('kubectl top pods -l app=busy --containers --no-headers')).toMatch(
    /^busy {3}busy {3}\d+m /,
  );
  expect(await output('kubectl top pods -A --sum')).toMatch(/\n +________ +________ +\n +\d+m +\dMi/);
  expect(await output('kubectl top node slipway-control-plane')).toMatch(
    /^NAME {20}CPU\(cores\) {3}CPU\(%\) {3}MEMORY\(bytes\) {3}MEMORY\(%\) {3}\nslipway-control-plane {3}35m {10}1% {7}310Mi {11}3% {10}\n$/,
  );
  await output('docker stop slipway-worker');
  expect(await output('kubectl top nodes')).toMatch(
    /\nslipway-worker +<unknown> +<unknown> +<unknown> +<unknown> +\n/,
  );
  expect(await run('kubectl top pods --sort-by=x')).toEqual({
    output: 'error: --sort-by accepts only cpu or memory\n',
    exitCode: 1,
  });
  expect((await run('kubectl top pod one two')).output).toBe(
    "error: pod [NAME | -l label]\nSee 'kubectl top pod -h' for help and examples\n",
  );
  expect((await run('kubectl top pods -n kube-system')).output).toBe(
    'No resources found in kube-system namespace.\n',
  );
});
