import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { KubernetesObject, ObjectList } from '../../api/object.ts';
import type { RequestOptions, Verb } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };

function cluster() {
  const server = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const send = (
    verb: Verb,
    options: RequestOptions = {},
    name?: string,
    body?: unknown,
    namespace = 'default',
  ) =>
    server.request({
      verb,
      group: '',
      version: 'v1',
      resource: 'configmaps',
      namespace,
      name,
      options,
      body,
      user,
    });
  const create = (name: string, labels = {}) => send('create', {}, undefined, { metadata: { name, labels } });
  const list = (options: RequestOptions = {}) => send('list', options) as Promise<ObjectList>;
  const remove = (name: string) => send('delete', {}, name);
  return { server, create, list, remove };
}

const names = ({ items }: { items: KubernetesObject[] }) => items.map(({ metadata }) => metadata.name);
const token = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, '');
const V1 = 'meta.k8s.io/v1';

/** What the request is refused with. */
async function refusal(answer: Promise<unknown>): Promise<StatusError> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StatusError);
  return error as StatusError;
}

describe('chunks', () => {
  test('are those of the list as it was, whatever happens meanwhile', async () => {
    const step = fc.record({ name: fc.constantFrom(...'abcdefgh'), create: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...'abcdefgh']),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 8 }),
        async (before, limit, meanwhile) => {
          const { create, list, remove } = cluster();
          for (const name of before) await create(name);
          const whole = await list();
          const seen: string[] = [];
          let page = await list({ limit });
          for (let at = 0; ; at++) {
            expect(page.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
            seen.push(...(names(page) as string[]));
            expect(page.metadata.remainingItemCount ?? 0).toBe(before.length - seen.length);
            if (!page.metadata.continue) break;
            for (const { name, create: adds } of meanwhile[at] ?? [])
              await (adds ? create(name) : remove(name)).catch(() => {});
            page = await list({ limit, continue: page.metadata.continue });
          }
          expect(seen).toEqual(names(whole));
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });

  test('of what a selector matches do not say how much is left, and may end with an empty one', async () => {
    const { create, list } = cluster();
    await create('a', { app: 'x' });
    await create('b', { app: 'x' });
    await create('c');
    const first = await list({ limit: 2, labelSelector: 'app=x' });
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata).not.toHaveProperty('remainingItemCount');
    const last = await list({ limit: 2, labelSelector: 'app=x', continue: first.metadata.continue });
    expect(last).toMatchObject({ items: [], metadata: { resourceVersion: first.metadata.resourceVersion } });
    expect(last.metadata).not.toHaveProperty('continue');
  });

  test('whose revision is gone say how to go on with what is there now', async () => {
    const { server, create, list, remove } = cluster();
    for (const name of ['a', 'b', 'c']) await create(name);
    const { metadata } = await list({ limit: 1 });
    await remove('b');
    await create('d');
    server.store.compact();
    const { code, reason, status } = await refusal(list({ limit: 1, continue: metadata.continue }));
    expect([code, reason]).toEqual([410, 'Expired']);
    expect(status.message).toMatch(
      /^The provided continue parameter is too old to display a consistent list/,
    );
    const rest = await list({ continue: (status.metadata as { continue?: string }).continue });
    expect(names(rest)).toEqual(['c', 'd']);
    expect(rest.metadata.resourceVersion).toBe(String(server.store.revision));
  });

  test('come whole from the cache at any age', async () => {
    const { create, list } = cluster();
    for (const name of ['a', 'b']) await create(name);
    expect(names(await list({ limit: 1, resourceVersion: '0' }))).toEqual(['a', 'b']);
  });
});

describe('revisions', () => {
  test('exactly, at least, and by a limit exactly too', async () => {
    const { create, list } = cluster();
    const { metadata } = await create('a');
    const { resourceVersion } = metadata as { resourceVersion: string };
    await create('b');
    expect(names(await list({ resourceVersion, resourceVersionMatch: 'Exact' }))).toEqual(['a']);
    expect(names(await list({ resourceVersion, resourceVersionMatch: 'NotOlderThan' }))).toEqual(['a', 'b']);
    expect(names(await list({ resourceVersion }))).toEqual(['a', 'b']);
    expect(names(await list({ resourceVersion, limit: 5 }))).toEqual(['a']);
  });

  test('that are gone or not yet reached', async () => {
    const { server, create, list } = cluster();
    await create('a');
    server.store.compact();
    const gone = await refusal(list({ resourceVersion: '1', resourceVersionMatch: 'Exact' }));
    expect([gone.reason, gone.message]).toEqual([
      'Expired',
      'The resourceVersion for the provided list is too old.',
    ]);
    const ahead = await refusal(list({ resourceVersion: '999' }));
    expect(ahead.message).toBe(`Timeout: Too large resource version: 999, current: ${server.store.revision}`);
    expect(ahead.status.details).toMatchObject({ retryAfterSeconds: 1 });
  });
});

describe('tokens that no server gave out', () => {
  test.each([
    ['{}', 'illegal base64 data at input byte 0'],
    ['xxx', "invalid character 'Ç' looking for beginning of value"],
    [token({}), 'server does not recognize this encoded version '],
    [
      token({ v: 'meta.k8s.io/v2', rv: 1, start: 'c' }),
      'server does not recognize this encoded version meta.k8s.io/v2',
    ],
    [token({ v: V1, rv: 0, start: 'c' }), `incorrect encoded start resourceVersion (version ${V1})`],
    [token({ v: V1, rv: 10, start: '' }), `encoded start key empty (version ${V1})`],
    [token({ v: V1, rv: 10, start: '../x' }), '../x'],
  ])('%s', async (text, why) => {
    const { message, code } = await refusal(cluster().list({ continue: text }));
    expect([code, message]).toEqual([400, `invalid continue token: continue key is not valid: ${why}`]);
  });

  test('and one beside a resource version', async () => {
    const options = { continue: token({ v: V1, rv: -1, start: 'c' }), resourceVersion: '5' };
    expect((await refusal(cluster().list(options))).message).toBe(
      'specifying resource version is not allowed when using continue',
    );
  });
});
