import { beforeEach, expect, test } from 'vitest';
import { decode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { directory, file, symlink } from './base-files.ts';
import { Image } from './image.ts';
import { NodeImages } from './image-store.ts';
import { Layer } from './layer.ts';
import { BuiltInRegistry } from './registry.ts';

let clock: ManualClock;
let images: NodeImages;
beforeEach(() => {
  clock = new ManualClock();
  images = new NodeImages({ clock, random: new Random(1), source: new BuiltInRegistry() });
});

async function pull(reference: string): Promise<{ seconds: number; digest: string }> {
  const startedMs = clock.now();
  let finishedMs = 0;
  const pulled = images.pull(reference).finally(() => (finishedMs = clock.now()));
  await Promise.all([clock.advance(20_000), pulled.catch(() => undefined)]);
  return { seconds: (finishedMs - startedMs) / 1000, digest: (await pulled).image.digest };
}

test('a pull takes its time; layers that are there already are not fetched again', async () => {
  const nginx = await pull('nginx:1.29');
  expect(nginx.seconds).toBeGreaterThan(0.7);
  expect(nginx.seconds).toBeLessThan(5);
  // The base layer is there now.
  expect((await pull('busybox:1.37')).seconds).toBeLessThan(0.9);
  expect((await pull('nginx:latest')).digest).toBe(nginx.digest);
  expect([...images.find('nginx')!.tags]).toEqual([
    'docker.io/library/nginx:1.29',
    'docker.io/library/nginx:latest',
  ]);
  expect(images.find(`nginx@${nginx.digest}`)).toBe(images.find('nginx'));
});

test('two pulls of one image are one', () => {
  expect(images.pull('nginx')).toBe(images.pull('docker.io/library/nginx:latest'));
});

test('an image is found by digest, and by no other', async () => {
  const { digest } = await pull('simpleservice:0.5.0');
  expect((await pull(`simpleservice@${digest}`)).digest).toBe(digest);
  expect((await pull('simpleservice:0.6.0')).digest).not.toBe(digest);
});

test.each([
  [
    'nginx:nope',
    'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found',
  ],
  [
    'ngnix',
    'failed to pull and unpack image "docker.io/library/ngnix:latest": failed to resolve reference "docker.io/library/ngnix:latest": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  ],
  [
    'example.com/a:1',
    'failed to pull and unpack image "example.com/a:1": failed to resolve reference "example.com/a:1": failed to do request: Head "https://example.com/v2/a/manifests/1": dial tcp: lookup example.com on 172.18.0.1:53: no such host',
  ],
])('%s cannot be pulled', async (reference, message) => {
  await expect(pull(reference)).rejects.toThrow(message);
});

test('layers lie on top of each other, whiteouts take away, equal contents have one digest', () => {
  const base = new Layer([directory('/etc'), file('/etc/a', 'old'), file('/etc/b', 'b')], 'ADD', 0);
  const top = new Layer(
    [
      file('/etc/a', 'new'),
      { path: '/etc/b', kind: 'whiteout' },
      symlink('a', '/etc/link'),
      { path: '/etc/hard', kind: 'hardlink', target: '/etc/a' },
    ],
    'COPY',
    0,
  );
  const image = new Image({ Cmd: ['sh'] }, [base, top]);
  const files = new MemoryFileSystem({ clock, tree: image.tree });
  expect(files.readDirectory('/etc')).toEqual(['a', 'hard', 'link']);
  expect(decode(files.readFile('/etc/link'))).toBe('new');
  expect(files.stat('/etc/hard').inode).toBe(files.stat('/etc/a').inode);
  expect(new Layer(base.entries, 'another history', 0).digest).toBe(base.digest);
  expect(base.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(new Image({ Cmd: ['ash'] }, [base, top]).id).not.toBe(image.id);
});
