import { expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { ApiRequest } from '../../api/request.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', default: 1 },
        tags: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  },
};
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {} },
      },
    ],
  },
};

function server() {
  const api = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
  const widgets = { group: 'example.com', version: 'v1', resource: 'widgets', namespace: 'default' };
  const send = (request: Omit<ApiRequest, 'user'>) => api.request({ user, ...request }) as Promise<any>;
  return { api, definitions, widgets, send };
}

test('a definition is served, with defaults, status and warnings of its schema', async () => {
  const { definitions, widgets, send } = server();
  const created = await send({ ...definitions, verb: 'create', body: definition });
  expect(created.spec.names.listKind).toBe('WidgetList');
  expect(created.status).toMatchObject({ conditions: null, storedVersions: ['v1'] });
  const { status } = await send({ ...definitions, verb: 'get', name: 'widgets.example.com' });
  expect(status.conditions.map(({ type }: any) => type)).toEqual(['NamesAccepted', 'Established']);
  const warnings: string[] = [];
  const body = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'a' },
    spec: { tags: { x: 'y' }, colour: 'red' },
    status: { ready: true },
  };
  const widget = await send({ ...widgets, verb: 'create', body, onWarning: (text) => warnings.push(text) });
  expect(widget.spec).toEqual({ size: 1, tags: { x: 'y' } });
  expect(widget.metadata.generation).toBe(1);
  expect(widget.status).toBeUndefined();
  expect(warnings).toContain('unknown field "spec.colour"');
});

test('a watch from before the kind existed is told that it is too late', async () => {
  const { api, definitions, widgets, send } = server();
  await send({ ...definitions, verb: 'create', body: definition });
  const ended = new Promise<Error | undefined>((resolve) => {
    api.watch({ ...widgets, verb: 'watch', user, options: { resourceVersion: '1' } }, () => {}, resolve);
  });
  expect(await ended).toMatchObject({ status: { code: 410, reason: 'Expired' } });
});

test('its objects and its watches go with it', async () => {
  const { api, definitions, widgets, send } = server();
  await send({ ...definitions, verb: 'create', body: definition });
  await send({ ...widgets, verb: 'create', body: { metadata: { name: 'a' } } });
  const ended = new Promise((resolve) => {
    api.watch({ ...widgets, verb: 'watch', user }, () => {}, resolve);
  });
  await send({ ...definitions, verb: 'delete', name: 'widgets.example.com' });
  await ended;
  await expect(send({ ...widgets, verb: 'list' })).rejects.toThrow(
    'the server could not find the requested resource',
  );
  expect(api.store.list('example.com/widgets')).toEqual([]);
});
