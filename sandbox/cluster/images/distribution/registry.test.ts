import { beforeEach, expect, test } from 'vitest';
import { decode, encode, EMPTY } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { readText, type HttpHandler } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { directory, file } from '../base-files.ts';
import { busyboxLayer } from '../busybox/busybox.ts';
import { Image } from '../image.ts';
import { Layer } from '../layer.ts';
import { parseReference } from '../reference.ts';
import { registryApi } from './registry-api.ts';
import {
  ManifestNotFound,
  RegistryClient,
  type PushedLayer,
  type RepositoryOfLayer,
} from './registry-client.ts';
import { RegistryStorage } from './registry-storage.ts';

let answer: HttpHandler;
let files: MemoryFileSystem;
let requests: string[];
let client: RegistryClient;
beforeEach(() => {
  files = new MemoryFileSystem({ clock: new ManualClock() });
  const storage = new RegistryStorage(files, '/var/lib/registry');
  answer = registryApi({ storage, random: new Random(1) });
  requests = [];
  client = new RegistryClient((request) => {
    requests.push(`${request.method} ${request.path}`);
    return answer(request);
  }, 'localhost:5001');
});

const base = busyboxLayer('1.37.0');
const app = (version: string) =>
  new Image({ Cmd: ['cat', '/app/version'], Env: ['PATH=/bin'] }, [
    base,
    new Layer([directory('/app'), file('/app/version', version)], `COPY version /app # buildkit`, 1000),
  ]);
const reference = parseReference('localhost:5001/app:v1');

async function push(image: Image, name = reference, heldBy?: RepositoryOfLayer): Promise<PushedLayer[]> {
  const told: PushedLayer[] = [];
  await client.push(name, image, (_, how) => void told.push(how), heldBy);
  return told;
}

const get = (path: string, method = 'GET') => answer({ method, path, headers: {} });

test('what was pushed comes back with the same digests and contents', async () => {
  const image = app('1');
  expect(await push(image)).toEqual(['pushed', 'pushed']);
  const pulled = await client.pull(reference, new Map());
  expect(pulled.digest).toBe(image.digest);
  expect(pulled.id).toBe(image.id);
  expect(pulled.config).toEqual(image.config);
  expect(pulled.history).toEqual(image.history);
  const tree = new MemoryFileSystem({ clock: new ManualClock(), tree: pulled.tree });
  expect(decode(tree.readFile('/app/version'))).toBe('1');
  expect(tree.stat('/bin/ls').inode).toBe(tree.stat('/bin/busybox').inode);
});

test('a shared base layer is pushed once, and is not pulled when it is there', async () => {
  await push(app('1'));
  expect(await push(app('2'), parseReference('localhost:5001/app:v2'))).toEqual(['exists', 'pushed']);
  requests = [];
  await client.pull(reference, new Map([[base.digest, base]]));
  expect(requests.filter((line) => line.includes('/blobs/'))).toHaveLength(2);
});

test('a layer that another repository holds is linked from there, and sent when it is not there any more', async () => {
  await push(app('1'));
  const other = parseReference('localhost:5001/team/other:v1');
  requests = [];
  const heldBy = (digest: string) => (digest === base.digest ? 'app' : 'gone');
  expect(await push(app('2'), other, heldBy)).toEqual([{ mountedFrom: 'app' }, 'pushed']);
  expect(requests.filter((line) => line.startsWith('PUT ') && line.includes(base.digest))).toEqual([]);
  expect((await client.pull(other, new Map())).digest).toBe(app('2').digest);
});

test('a tag moves; the old digest still pulls', async () => {
  const [first, second] = [app('1'), app('2')];
  await push(first);
  await push(second);
  expect((await client.pull(reference, new Map())).digest).toBe(second.digest);
  const pinned = parseReference(`localhost:5001/app@${first.digest}`);
  expect((await client.pull(pinned, new Map())).digest).toBe(first.digest);
  await expect(client.pull(parseReference('localhost:5001/app:v9'), new Map())).rejects.toThrow(
    ManifestNotFound,
  );
});

test('what it keeps outlives the server', async () => {
  await push(app('1'));
  const again = registryApi({
    storage: new RegistryStorage(files, '/var/lib/registry'),
    random: new Random(2),
  });
  const tags = await again({ method: 'GET', path: '/v2/app/tags/list', headers: {} });
  expect(JSON.parse(await readText(tags))).toEqual({ name: 'app', tags: ['v1'] });
});

test('tags, catalog, and an API version for whoever asks', async () => {
  await push(app('1'), parseReference('localhost:5001/team/app:v1'));
  await push(app('1'));
  expect(await readText(await get('/v2/_catalog'))).toBe('{"repositories":["app","team/app"]}');
  expect((await get('/v2/')).headers['docker-distribution-api-version']).toBe('registry/2.0');
  const head = await get('/v2/app/manifests/v1', 'HEAD');
  expect(head).toMatchObject({ status: 200, body: EMPTY });
  expect(head.headers['docker-content-digest']).toBe(app('1').digest);
});

test.each([
  ['GET', '/v2/nope/tags/list', 404, 'NAME_UNKNOWN'],
  ['GET', '/v2/app/manifests/v1', 404, 'MANIFEST_UNKNOWN'],
  ['GET', `/v2/app/blobs/${base.digest}`, 404, 'BLOB_UNKNOWN'],
  ['GET', '/v2/UPPER/tags/list', 400, 'NAME_INVALID'],
  ['PATCH', '/v2/app/blobs/uploads/none', 404, 'BLOB_UPLOAD_UNKNOWN'],
  ['DELETE', '/v2/app/manifests/v1', 405, 'UNSUPPORTED'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const response = await get(path, method);
  expect(response.status).toBe(status);
  expect(JSON.parse(await readText(response))).toMatchObject({ errors: [{ code }] });
});

test('an upload in chunks; bytes that are not what was announced are refused', async () => {
  const start = await get('/v2/app/blobs/uploads/', 'POST');
  expect(start.status).toBe(202);
  const path = start.headers['location']!;
  const send = (method: string, at: string, text: string) =>
    answer({ method, path: at, headers: {}, body: encode(text) });
  expect((await send('PATCH', path, 'hello ')).headers['range']).toBe('0-5');
  const digest = 'sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
  expect((await send('PUT', `${path}?digest=${digest}`, 'world')).status).toBe(201);
  expect(await readText(await get(`/v2/app/blobs/${digest}`))).toBe('hello world');
  const again = (await get('/v2/app/blobs/uploads/', 'POST')).headers['location']!;
  const refused = await send('PUT', `${again}?digest=${digest}`, 'something else');
  expect(refused.status).toBe(400);
  expect(JSON.parse(await readText(refused))).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
});

test('a manifest that names what is not there is refused', async () => {
  const { manifest } = app('1');
  const response = await answer({
    method: 'PUT',
    path: '/v2/app/manifests/v1',
    headers: {},
    body: manifest.bytes,
  });
  expect(JSON.parse(await readText(response))).toMatchObject({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] });
});
