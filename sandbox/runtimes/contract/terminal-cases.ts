import { claim, equal } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually, pause } from './patience.ts';
import { TerminalDriver } from './terminal-driver.ts';

export const terminalCases: ContractCase[] = [
  {
    name: 'terminals: a line is run, and the shell’s exit code arrives',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      equal((await terminal.run('echo $((6*7))')).output, '42\n', 'echo $((6*7))');
      equal((await terminal.run('false')).exitCode, 1, 'exit code of false');
      terminal.type('exit 7\r');
      equal(await terminal.exited(), 7, 'exit code of the shell');
    },
  },
  {
    name: 'terminals: kubectl talks to the cluster of the session',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      const { output, exitCode } = await terminal.run('kubectl get configmap from-the-start -o name');
      equal([output, exitCode], ['configmap/from-the-start\n', 0], 'kubectl get');
      const missing = await terminal.run('kubectl get configmap no-such');
      equal(
        [missing.output, missing.exitCode],
        ['Error from server (NotFound): configmaps "no-such" not found\n', 1],
        'kubectl get of nothing',
      );
      terminal.connection.close();
    },
  },
  {
    name: 'terminals: Ctrl-C ends what runs in the foreground, a busy loop included',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      await terminal.run('true');
      for (const line of ['sleep 1000', 'while true; do :; done', 'kubectl get configmaps --watch']) {
        terminal.type(`echo run""ning; ${line}\r`);
        await terminal.until('running');
        await pause(300);
        terminal.type('\x03');
        const { output } = await terminal.run('echo back');
        equal(output, 'back\n', `after Ctrl-C on ${line}`);
        terminal.output = '';
      }
      terminal.type('sleep 1000\r');
      await pause(300);
      terminal.type('\x03');
      await pause(100);
      const { output } = await terminal.run('true');
      equal(output, '', 'a line after Ctrl-C');
      terminal.connection.close();
    },
  },
  {
    name: 'terminals: one that is opened again goes on, its output replayed',
    async run(session) {
      const first = await TerminalDriver.open(session, 'kept');
      await first.run('kept=mine; echo to be re""played');
      first.leave();
      const again = await TerminalDriver.open(session, 'kept');
      await again.until('to be replayed');
      equal((await again.run('echo $kept')).output, 'mine\n', 'a variable of before');
      claim((await session.terminals.list()).includes('kept'), 'the list has the terminal');
      again.connection.close();
      await eventually(
        async () => ((await session.terminals.list()).includes('kept') ? undefined : true),
        'a closed terminal leaves the list',
      );
      const anew = await TerminalDriver.open(session, 'kept');
      equal((await anew.run('echo "[$kept]"')).output, '[]\n', 'a new shell under the old name');
      anew.connection.close();
    },
  },
  {
    name: 'terminals: output that nobody draws holds its own shell back and no other',
    async run(session) {
      const flooded = await session.terminals.open({ name: 'flooded', columns: 80, rows: 24 });
      let seenBytes = 0;
      const blocked = flooded.onOutput((bytes) => {
        seenBytes += bytes.length;
        return new Promise(() => {});
      });
      flooded.write(new Uint8Array([...'while true; do echo yyyyyyyyyyyyyyyyyyyyyyyyy; done\r'].map(codeOf)));
      await pause(500);
      const other = await TerminalDriver.open(session);
      equal((await other.run('echo alive')).output, 'alive\n', 'another terminal');
      claim(
        seenBytes < 256 * 1024,
        `${seenBytes} bytes were handed to a consumer that was busy with the first`,
      );
      other.connection.close();
      blocked.dispose();
      flooded.close();
    },
  },
  {
    name: 'terminals: `edit FILE` asks the page',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      const asked: string[] = [];
      terminal.connection.onEdit((path) => asked.push(path));
      await terminal.run('edit manifests/settings.yaml');
      await eventually(() => asked[0], 'the page is asked');
      equal(asked, ['manifests/settings.yaml'], 'what the page is asked for');
      terminal.connection.close();
    },
  },
];

const codeOf = (character: string) => character.charCodeAt(0);
