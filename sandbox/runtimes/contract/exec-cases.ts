import { HttpUpgradeError } from '../../core/http.ts';
import { CHANNEL, Exec, PODS } from './api.ts';
import { claim, equal, rejection } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { pause } from './patience.ts';
import { TerminalDriver } from './terminal-driver.ts';

/** On the pod that the watches' case has made. */
export const execCases: ContractCase[] = [
  {
    name: 'exec: stdin, stdout, stderr and the exit code',
    async run(session) {
      const script = 'read line; echo "out $line"; echo "err $line" >&2; exit 3';
      const exec = await Exec.start(session, 'busy', ['sh', '-c', script], { stdin: true });
      await exec.send(CHANNEL.stdin, 'hello\n');
      const status = await exec.ended();
      claim(
        exec.output.includes('out hello\n') && exec.output.includes('err hello\n'),
        `output: ${exec.output}`,
      );
      equal(
        [status.status, status.reason, status.details?.causes],
        ['Failure', 'NonZeroExitCode', [{ reason: 'ExitCode', message: '3' }]],
        'status',
      );
    },
  },
  {
    name: 'exec: a terminal has the size it is given, and Ctrl-C interrupts',
    async run(session) {
      const exec = await Exec.start(session, 'busy', ['sh'], { stdin: true, tty: true });
      await exec.send(CHANNEL.resize, JSON.stringify({ Width: 91, Height: 17 }));
      await exec.send(CHANNEL.stdin, 'stty size\n');
      await exec.until('17 91');
      await exec.send(CHANNEL.resize, JSON.stringify({ Width: 120, Height: 40 }));
      await exec.send(CHANNEL.stdin, 'stty size\n');
      await exec.until('40 120');
      await exec.send(CHANNEL.stdin, 'echo before; sleep 1000\n');
      await exec.until('before\r\n');
      await exec.send(CHANNEL.stdin, '\x03');
      await exec.send(CHANNEL.stdin, 'echo af""ter\n');
      await exec.until('after');
      await exec.send(CHANNEL.stdin, 'exit\n');
      await exec.ended();
    },
  },
  {
    name: 'exec: what cannot be entered is refused with a Status',
    async run(session) {
      const path = `${PODS}/no-such-pod/exec?command=ls&stdout=true`;
      const connecting = session.kube.connect(path, { protocols: ['v5.channel.k8s.io'] });
      const error = await rejection(connecting, 'exec in no pod');
      claim(error instanceof HttpUpgradeError, `exec in no pod: ${error.name} ${error.message}`);
      equal(error.response.status, 404, 'status');
    },
  },
  {
    name: 'exec: kubectl exec -it nests in the terminal, and Ctrl-C stays inside',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      await terminal.run('true');
      terminal.type('kubectl exec -it busy -- sh\r');
      terminal.type('echo in""side\r');
      await terminal.until('inside');
      terminal.type('echo run""ning; sleep 1000\r');
      await terminal.until('running');
      await pause(300);
      terminal.type('\x03');
      terminal.type('echo still in""side\r');
      await terminal.until('still inside');
      terminal.type('exit 5\r');
      // What is typed before kubectl has ended is kubectl's.
      await terminal.until('command terminated with exit code 5');
      await pause(300);
      terminal.type('echo co""de=$?\r');
      await terminal.until('code=5');
      terminal.connection.close();
    },
  },
];
