import { decode, encode } from '../../core/bytes.ts';
import { FileNotFound } from '../runtime.ts';
import { claim, equal, rejection } from './claim.ts';
import type { ContractCase } from './contract.ts';
import { eventually } from './patience.ts';
import { TerminalDriver } from './terminal-driver.ts';

export const fileCases: ContractCase[] = [
  {
    name: 'files: the start is there, and the shell sees it',
    async run(session) {
      const paths = (await session.files.list()).map(({ path }) => path);
      claim(
        paths.includes('hello.txt') && paths.includes('manifests/settings.yaml'),
        `files of the start: ${paths.join(', ')}`,
      );
      equal(decode(await session.files.read('hello.txt')), 'Hello from the start\n', 'hello.txt');
      const terminal = await TerminalDriver.open(session);
      const { output } = await terminal.run('cat hello.txt');
      equal(output, 'Hello from the start\n', 'cat hello.txt');
      terminal.connection.close();
    },
  },
  {
    name: 'files: what is written is read by the shell at once, in new directories too',
    async run(session) {
      const terminal = await TerminalDriver.open(session);
      for (const text of ['one\n', 'two, longer\n', '3\n']) {
        await session.files.write('made/by/the editor.txt', encode(text));
        const { output } = await terminal.run("cat 'made/by/the editor.txt'");
        equal(output, text, 'cat after a write');
      }
      const entry = (await session.files.list()).find(({ path }) => path === 'made/by/the editor.txt');
      equal(entry?.sizeBytes, 2, 'size in the list');
      terminal.connection.close();
    },
  },
  {
    name: 'files: a file is changed from both sides, and each hears of the other',
    async run(session) {
      const changes: string[] = [];
      const watching = session.files.watch(({ path, kind }) => changes.push(`${kind} ${path}`));
      const heard = (change: string) =>
        eventually(
          () => (changes.includes(change) ? true : undefined),
          `“${change}” is heard`,
          () => changes,
        );
      const terminal = await TerminalDriver.open(session);
      await terminal.run('echo by the shell > shared.txt');
      await heard('write shared.txt');
      equal(decode(await session.files.read('shared.txt')), 'by the shell\n', 'what the shell wrote');
      changes.length = 0;
      await session.files.write('shared.txt', encode('by the editor\n'));
      await heard('write shared.txt');
      const { output } = await terminal.run('cat shared.txt');
      equal(output, 'by the editor\n', 'what the editor wrote');
      await terminal.run('rm shared.txt');
      await heard('remove shared.txt');
      watching.dispose();
      terminal.connection.close();
    },
  },
  {
    name: 'files: what is not there and what is outside is refused',
    async run(session) {
      const missing = await rejection(session.files.read('no/such.txt'), 'read of a missing file');
      claim(missing instanceof FileNotFound, `read of a missing file: ${missing.name} ${missing.message}`);
      await rejection(session.files.read('../../etc/passwd'), 'read outside the workspace');
      await rejection(session.files.write('../outside.txt', encode('')), 'write outside the workspace');
      await session.files.write('short-lived.txt', encode('x'));
      await session.files.remove('short-lived.txt');
      const gone = await rejection(session.files.read('short-lived.txt'), 'read after remove');
      claim(gone instanceof FileNotFound, `read after remove: ${gone.message}`);
    },
  },
];
