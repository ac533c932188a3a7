import { expect, test } from 'vitest';
import { decode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };

async function get(path: string, accept: string) {
  const origin = new ApiServer({ clock: new ManualClock(), random: new Random(1) }).origin(user);
  const { headers, body } = await origin.fetch({ method: 'GET', path, headers: { accept } });
  return { headers, body: body as Uint8Array };
}

test('version 2 refers to definitions, with the words of the fields', async () => {
  const { body } = await get('/openapi/v2', 'application/json');
  const { swagger, definitions } = JSON.parse(decode(body));
  expect(swagger).toBe('2.0');
  const { lifecycle, image } = definitions['io.k8s.api.core.v1.Container'].properties;
  expect(lifecycle.$ref).toBe('#/definitions/io.k8s.api.core.v1.Lifecycle');
  expect(lifecycle.description).toMatch(/^Actions that the management system should take/);
  expect(image.description).toMatch(/^Container image name\./);
});

test('kubectl gets it as the protobuf message that it asks for', async () => {
  const { headers, body } = await get(
    '/openapi/v2',
    'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  );
  expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  // Field 1, a text of three bytes.
  expect([...body.subarray(0, 5)]).toEqual([10, 3, 50, 46, 48]);
  expect(decode(body)).toContain('#/definitions/io.k8s.api.core.v1.Lifecycle');
});
