/** What the front adds to the API: HTTP/2 and 1.1 side by side, compression, a limit on bodies, an orderly end. */
import { connect, type ClientHttp2Session } from 'node:http2';
import { request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { createCertificates } from './certificates.ts';
import { HttpsFront } from './https-front.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const user = { username: 'kubernetes-admin', groups: ['system:masters'] };

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}

let api: ApiServer;
let front: HttpsFront;
let port: number;
let session: ClientHttp2Session;

beforeEach(async () => {
  api = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const certificates = await createCertificates(['127.0.0.1']);
  front = new HttpsFront({ certificates, origin: () => api.origin(user) });
  port = await front.listen(0, '127.0.0.1');
  session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
});

afterEach(async () => {
  session.destroy();
  await front.close();
  api.dispose();
});

type Send = (
  method: string,
  path: string,
  headers?: Record<string, string>,
  body?: string,
) => Promise<Answer>;

const overHttp2: Send = (method, path, headers = {}, body) =>
  new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    const chunks: Buffer[] = [];
    let answered: Answer | undefined;
    stream.on('response', ({ ':status': status, ...rest }) => {
      answered = { status: status!, headers: rest, body: Buffer.alloc(0) };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve({ ...answered!, body: Buffer.concat(chunks) }));
    stream.on('error', reject);
    stream.end(body);
  });

const overHttp1: Send = (method, path, headers = {}, body) =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });

describe.each([
  ['HTTP/2', overHttp2],
  ['HTTP/1.1', overHttp1],
])('over %s', (_name, send) => {
  test('answers are compressed from 128 KiB on, for who takes that', async () => {
    const data = { x: 'a'.repeat(200_000) };
    await send('POST', CONFIG_MAPS, {}, JSON.stringify({ metadata: { name: 'large' }, data }));
    const answer = await send('GET', `${CONFIG_MAPS}/large`, { 'accept-encoding': 'gzip, deflate' });
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(answer.body.length).toBeLessThan(10_000);
    expect(JSON.parse(String(gunzipSync(answer.body))).data).toEqual(data);
    const plain = await send('GET', `${CONFIG_MAPS}/large`, { 'accept-encoding': 'deflate' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const small = await send('GET', CONFIG_MAPS.replace(/configmaps$/, 'pods'), {
      'accept-encoding': 'gzip',
    });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  test('a body is read as far as the API does', async () => {
    const answer = await send('POST', CONFIG_MAPS, {}, 'x'.repeat(3 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(JSON.parse(String(answer.body))).toMatchObject({
      kind: 'Status',
      message: 'Request entity too large: limit is 3145728',
    });
  });
});

test('a watch over HTTP/2 ends when its client leaves, and others go on', async () => {
  const events: string[] = [];
  const open = () => {
    const stream = session.request({ ':path': `${CONFIG_MAPS}?watch=1` });
    stream.on('data', (chunk: Buffer) => events.push(JSON.parse(String(chunk)).object.metadata.name));
    return new Promise<typeof stream>((resolve) => stream.on('response', () => resolve(stream)));
  };
  const first = await open();
  await open();
  first.close();
  const running = () => [...api.metrics.requests].reduce((sum, series) => sum + series.running, 0);
  await expect.poll(running).toBe(1);
  await overHttp2('POST', CONFIG_MAPS, {}, '{"metadata":{"name":"a"}}');
  await expect.poll(() => events).toEqual(['a']);
});
