import { describe, expect, test } from 'vitest';
import { createService as createHdfs } from '../hdfs/service.ts';
import { createService as createHttpFs } from '../httpfs/service.ts';
import type { CreateService, Service, ServiceHost, ServiceResponse } from '../service.ts';

/** Services that reach each other by name. */
class Peers {
  readonly #services = new Map<string, Service>();

  add(address: string, create: CreateService, environment: Record<string, string> = {}): this {
    const host: ServiceHost = {
      environment,
      hostname: address,
      now: () => Date.UTC(2026, 0, 1),
      random: () => 0.5,
      sleep: async () => {},
      log: () => undefined,
      fetch: (url, init) => this.send(init?.method ?? 'GET', url, init?.body),
      files: { read: () => undefined, write: () => undefined, list: () => [] },
    };
    this.#services.set(address, create(host));
    return this;
  }

  async send(method: string, url: string, body = '', headers = {}): Promise<ServiceResponse> {
    const { host, pathname, searchParams } = new URL(url);
    const service = this.#services.get(host);
    if (!service) throw new Error(`${url}: Connection refused`);
    const query = Object.fromEntries(searchParams);
    return service.handle({
      method,
      path: pathname,
      query,
      headers: { host, ...headers },
      body,
      from: '10.0.0.1',
    });
  }

  /** As `curl -L` does. */
  async follow(method: string, url: string, body = ''): Promise<ServiceResponse & { hops: number }> {
    let at = url;
    for (let hops = 0; ; hops++) {
      const answer = await this.send(method, at, body, { 'content-type': 'application/octet-stream' });
      if (answer.status !== 307) return { ...answer, hops };
      at = answer.headers['location']!;
    }
  }
}

const peers = () =>
  new Peers()
    .add('namenode:9870', createHdfs)
    .add('datanode:9864', createHdfs, { HDFS_ROLE: 'datanode' })
    .add('httpfs:14000', createHttpFs);

const namesIn = (answer: ServiceResponse): string[] =>
  JSON.parse(answer.body).FileStatuses.FileStatus.map(
    (status: { pathSuffix: string; type: string }) => `${status.pathSuffix} ${status.type}`,
  );

describe.each(['namenode:9870', 'httpfs:14000'])('%s', (address) => {
  const at = (path: string, query: string) => `http://${address}/webhdfs/v1${path}?${query}`;

  test('a file in two steps: made, seen, renamed, read, deleted', async () => {
    const all = peers();
    expect(JSON.parse((await all.send('PUT', at('/a/b', 'op=MKDIRS'))).body)).toEqual({ boolean: true });
    const made = await all.follow('PUT', at('/a/b/part', 'op=CREATE&overwrite=true'), 'täglich\n');
    expect([made.status, made.body]).toEqual([201, '']);
    const { FileStatus } = JSON.parse((await all.send('GET', at('/a/b/part', 'op=GETFILESTATUS'))).body);
    expect(FileStatus).toMatchObject({ length: 9, pathSuffix: '', type: 'FILE', permission: '644' });
    await all.send('PUT', at('/a/b/part', 'op=RENAME&destination=/a/b/whole'));
    await all.send('PUT', at('/a/b/c', 'op=MKDIRS'));
    expect(namesIn(await all.send('GET', at('/a/b', 'op=LISTSTATUS')))).toEqual([
      'c DIRECTORY',
      'whole FILE',
    ]);
    expect((await all.follow('GET', at('/a/b/whole', 'op=OPEN'))).body).toBe('täglich\n');
    expect((await all.follow('GET', at('/a/b/whole', 'op=OPEN&offset=5&length=3'))).body).toBe('ich');
    const refused = await all.send('DELETE', at('/a', 'op=DELETE'));
    expect([refused.status, JSON.parse(refused.body).RemoteException.exception]).toEqual([
      403,
      'PathIsNotEmptyDirectoryException',
    ]);
    expect(JSON.parse((await all.send('DELETE', at('/a', 'op=DELETE&recursive=true'))).body)).toEqual({
      boolean: true,
    });
    const gone = await all.send('GET', at('/a/b/whole', 'op=GETFILESTATUS'));
    expect([gone.status, JSON.parse(gone.body).RemoteException]).toEqual([
      404,
      {
        exception: 'FileNotFoundException',
        javaClassName: 'java.io.FileNotFoundException',
        message: 'File does not exist: /a/b/whole',
      },
    ]);
  });

  test.each([
    ['/nowhere', '/there', false],
    ['/a', '/a/b', false],
    ['/a', '/b', false],
    ['/a', '/c/d', false],
    ['/a', '/e', true],
  ])('rename %s to %s: %s', async (path, destination, want) => {
    const all = peers();
    await all.send('PUT', at('/a', 'op=MKDIRS'));
    await all.follow('PUT', at('/b', 'op=CREATE'), 'x');
    const answer = await all.send('PUT', at(path, `op=RENAME&destination=${destination}`));
    expect(JSON.parse(answer.body)).toEqual({ boolean: want });
  });

  test('what is no operation is refused with its name', async () => {
    const { status, body } = await peers().send('GET', at('/', 'op=NONSENSE'));
    expect(status).toBe(400);
    expect(JSON.parse(body).RemoteException.message).toContain('NONSENSE');
  });
});

test('a namenode never takes contents: they would be lost', async () => {
  const all = peers();
  const first = await all.send('PUT', 'http://namenode:9870/webhdfs/v1/x?op=CREATE&data=true', 'lost');
  expect([first.status, first.headers['location']]).toEqual([
    307,
    'http://datanode:9864/webhdfs/v1/x?op=CREATE&overwrite=false&block=blk_1',
  ]);
  expect((await all.send('GET', 'http://namenode:9870/webhdfs/v1/x?op=GETFILESTATUS')).status).toBe(404);
});

test('the two differ in what they do with a file that is there', async () => {
  const all = peers();
  const twice = async (address: string, query = '') => {
    const url = `http://${address}/webhdfs/v1/x?op=CREATE${query}`;
    await all.follow('PUT', url, '1');
    return (await all.follow('PUT', url, '2')).status;
  };
  expect([await twice('namenode:9870'), await twice('httpfs:14000')]).toEqual([403, 201]);
  expect([
    await twice('namenode:9870', '&overwrite=true'),
    await twice('httpfs:14000', '&overwrite=false'),
  ]).toEqual([201, 403]);
  expect((await all.follow('GET', 'http://namenode:9870/webhdfs/v1/x?op=OPEN')).body).toBe('2');
});

test('httpfs wants bytes to be called bytes', async () => {
  const { status, body } = await peers().send(
    'PUT',
    'http://httpfs:14000/webhdfs/v1/x?op=CREATE&data=true',
    'x',
    { 'content-type': 'application/x-www-form-urlencoded' },
  );
  expect([status, body]).toEqual([
    400,
    "Data upload requests must have content-type set to 'application/octet-stream'\n",
  ]);
});
