import { expect, test } from 'vitest';
import { encode } from '../core/bytes.ts';
import { ManualClock } from '../core/clock.ts';
import { Errno } from './errno.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { UserFileSystem } from './user-file-system.ts';

function start() {
  const files = new MemoryFileSystem({ clock: new ManualClock() });
  files.mkdir('/home');
  files.mkdir('/tmp', { mode: 0o1777 });
  files.chown('/home', 1000, 1000);
  files.writeFile('/etc', encode('secret'));
  files.chmod('/etc', 0o600);
  files.writeFile('/tmp/root', encode(''));
  return { files, mine: new UserFileSystem(files, { uid: 1000, gid: 1000 }) };
}

const code = (body: () => void): string => {
  try {
    body();
    return 'ok';
  } catch (error) {
    return error instanceof Errno ? error.code : String(error);
  }
};

test('what a user makes is the user’s', () => {
  const { files, mine } = start();
  mine.mkdir('/home/a/b', { recursive: true });
  mine.writeFile('/home/a/b/f', encode('x'));
  expect(['/home/a', '/home/a/b', '/home/a/b/f'].map((path) => files.stat(path).uid)).toEqual([
    1000, 1000, 1000,
  ]);
});

test.each([
  ['reads a file of root', (mine: UserFileSystem) => void mine.readFile('/etc'), 'EACCES'],
  ['writes one', (mine) => mine.writeFile('/etc', encode('')), 'EACCES'],
  ['makes a file in /', (mine) => mine.writeFile('/x', encode('')), 'EACCES'],
  ['removes from /', (mine) => mine.unlink('/etc'), 'EACCES'],
  ['removes another’s file from a sticky directory', (mine) => mine.unlink('/tmp/root'), 'EPERM'],
  ['makes a file there', (mine) => mine.writeFile('/tmp/mine', encode('')), 'ok'],
  ['changes the mode of another’s file', (mine) => mine.chmod('/tmp/root', 0o777), 'EPERM'],
  ['removes what is not there', (mine) => mine.unlink('/nope'), 'ENOENT'],
] as [string, (mine: UserFileSystem) => void, string][])('%s: %s', (_name, body, want) => {
  expect(code(() => body(start().mine))).toBe(want);
});
