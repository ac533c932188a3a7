import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../core/bytes.ts';
import { ManualClock } from '../core/clock.ts';
import { Errno } from './errno.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import type { FileTree } from './file-tree.ts';

const make = (init: { tree?: FileTree; quotaBytes?: number } = {}) =>
  new MemoryFileSystem({ clock: new ManualClock(), ...init });
const read = (files: MemoryFileSystem, path: string) => decode(files.readFile(path));
const code = (body: () => unknown): string => {
  try {
    body();
    return 'ok';
  } catch (error) {
    return error instanceof Errno ? error.code : String(error);
  }
};

test('a file is written, appended to, renamed and removed', () => {
  const files = make();
  files.mkdir('/a/b', { recursive: true });
  files.writeFile('/a/b/f', encode('one'));
  files.appendFile('/a/b/f', encode(' two'));
  expect(read(files, '/a/b/f')).toBe('one two');
  files.rename('/a/b/f', '/a/g');
  expect(files.readDirectory('/a')).toEqual(['b', 'g']);
  files.unlink('/a/g');
  expect(code(() => files.readFile('/a/g'))).toBe('ENOENT');
});

describe('errors are those of Linux', () => {
  const files = make();
  files.mkdir('/d/sub', { recursive: true });
  files.writeFile('/f', encode('x'));
  files.symlink('/loop2', '/loop1');
  files.symlink('/loop1', '/loop2');
  test.each([
    ['read a directory', () => files.readFile('/d'), 'EISDIR'],
    ['below a file', () => files.readFile('/f/x'), 'ENOTDIR'],
    ['mkdir twice', () => files.mkdir('/d'), 'EEXIST'],
    ['rmdir with something in it', () => files.rmdir('/d'), 'ENOTEMPTY'],
    ['unlink a directory', () => files.unlink('/d'), 'EISDIR'],
    ['a loop of symlinks', () => files.stat('/loop1'), 'ELOOP'],
    ['into itself', () => files.rename('/d', '/d/sub/x'), 'EINVAL'],
    ['a long name', () => files.writeFile(`/${'x'.repeat(256)}`, encode('')), 'ENAMETOOLONG'],
    ['hard link to a directory', () => files.link('/d', '/e'), 'EPERM'],
    ['remove the root', () => files.rmdir('/'), 'ENOTEMPTY'],
  ])('%s', (_name, body, want) => {
    expect(code(body)).toBe(want);
  });
});

test('symlinks lead on, relative and absolute, and .. means the real parent', () => {
  const files = make();
  files.mkdir('/real/dir', { recursive: true });
  files.writeFile('/real/f', encode('here'));
  files.symlink('real/dir', '/link');
  expect(read(files, '/link/../f')).toBe('here');
  expect(files.realPath('/link/../f')).toBe('/real/f');
  files.symlink('/real', '/abs');
  expect(read(files, '/abs/f')).toBe('here');
  expect(files.lstat('/abs').kind).toBe('symlink');
  expect(files.readLink('/link')).toBe('real/dir');
});

test('hard links share contents, also after a snapshot', () => {
  const files = make();
  files.writeFile('/a', encode('1'));
  files.link('/a', '/b');
  expect(files.stat('/a').links).toBe(2);
  files.snapshot();
  files.writeFile('/b', encode('2'));
  expect(read(files, '/a')).toBe('2');
  files.unlink('/a');
  expect(files.stat('/b').links).toBe(1);
});

test('a tree is shared: what one changes the other does not see, and untouched contents are the same array', () => {
  const base = make();
  base.mkdir('/etc');
  base.writeFile('/etc/conf', encode('base'));
  base.writeFile('/etc/other', encode('same'));
  const tree = base.snapshot();
  const [one, two] = [make({ tree }), make({ tree })];
  one.writeFile('/etc/conf', encode('one'));
  one.appendFile('/etc/other', encode('!'));
  two.unlink('/etc/conf');
  expect([read(base, '/etc/conf'), read(one, '/etc/conf'), two.readDirectory('/etc')]).toEqual([
    'base',
    'one',
    ['other'],
  ]);
  expect(two.readFile('/etc/other').buffer).toBe(base.readFile('/etc/other').buffer);
  expect(read(base, '/etc/other')).toBe('same');
  expect([one.usedBytes, two.usedBytes]).toEqual([8, 0]);
});

test('the quota refuses what does not fit and gives back what is removed', () => {
  const files = make({ quotaBytes: 10 });
  files.writeFile('/a', encode('12345'));
  expect(code(() => files.writeFile('/b', encode('123456')))).toBe('ENOSPC');
  files.writeFile('/b', encode('12345'));
  expect(code(() => files.appendFile('/b', encode('6')))).toBe('ENOSPC');
  files.unlink('/a');
  files.appendFile('/b', encode('67890'));
  expect(files.usedBytes).toBe(10);
});

test('watchers hear of every change below their path, a moved tree file by file', () => {
  const files = make();
  const heard: string[] = [];
  files.mkdir('/w/d', { recursive: true });
  files.writeFile('/w/d/f', encode(''));
  const watch = files.watch('/w', ({ kind, path }) => heard.push(`${kind} ${path}`));
  files.appendFile('/w/d/f', encode('x'));
  files.chmod('/w/d/f', 0o600);
  files.rename('/w/d', '/w/e');
  files.writeFile('/elsewhere', encode(''));
  watch.dispose();
  files.unlink('/w/e/f');
  expect(heard).toEqual(['write /w/d/f', 'attributes /w/d/f', 'remove /w/d', 'mkdir /w/e', 'write /w/e/f']);
});

test('a mounted file system is walked into, renames across it are refused', () => {
  const [files, volume] = [make(), make()];
  files.mount('/mnt/data', volume);
  files.writeFile('/mnt/data/f', encode('v'));
  expect(read(volume, '/f')).toBe('v');
  expect(files.realPath('/mnt/data/f')).toBe('/mnt/data/f');
  expect(code(() => files.rename('/mnt/data/f', '/f'))).toBe('EXDEV');
  expect(code(() => files.rmdir('/mnt/data'))).toBe('EBUSY');
});

test('a snapshot never changes, whatever is done afterwards', () => {
  const step = fc.record({
    action: fc.constantFrom('write', 'append', 'unlink', 'mkdir', 'rename', 'link', 'chmod'),
    a: fc.constantFrom('/a', '/b', '/d', '/d/a', '/d/b'),
    b: fc.constantFrom('/a', '/c', '/d/c', '/d'),
  });
  const apply = (files: MemoryFileSystem, { action, a, b }: { action: string; a: string; b: string }) => {
    try {
      if (action === 'write') files.writeFile(a, encode(`${a}${b}`));
      else if (action === 'append') files.appendFile(a, encode(b));
      else if (action === 'unlink') files.unlink(a);
      else if (action === 'mkdir') files.mkdir(a);
      else if (action === 'rename') files.rename(a, b);
      else if (action === 'link') files.link(a, b);
      else files.chmod(a, 0o600);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  };
  const dump = (files: MemoryFileSystem, path = '/'): string =>
    files
      .readDirectory(path)
      .map((name) => {
        const full = path === '/' ? `/${name}` : `${path}/${name}`;
        const { kind, mode } = files.lstat(full);
        return `${full} ${mode.toString(8)} ${kind === 'directory' ? dump(files, full) : read(files, full)}`;
      })
      .join('\n');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }), (first, second) => {
      const files = make();
      for (const each of first) apply(files, each);
      const before = dump(files);
      const tree = files.snapshot();
      for (const each of second) apply(files, each);
      expect(dump(make({ tree }))).toBe(before);
    }),
  );
});
