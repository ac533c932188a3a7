/**
 * Whatever somebody writes into a definition or an object, the server answers with an object or a Status, and
 * soon. Schemas are made of keywords that exist with values that may be wrong, and of any JSON at all.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const THINGS = '/apis/fuzz.test/v1/namespaces/default/things';

const json = fc.jsonValue({ maxDepth: 4 });
const { schema } = fc.letrec((tie) => ({
  // Records refer to schemas in eight places: without a bound they would grow for ever.
  schema: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.record({ type: fc.constantFrom('string', 'integer', 'object', 'boolean') }),
    tie('full'),
  ),
  full: fc.record(
    {
      type: fc.constantFrom('object', 'array', 'string', 'integer', 'number', 'boolean', 'null', 'text', ''),
      format: fc.constantFrom(
        'date',
        'date-time',
        'duration',
        'uri',
        'ipv6',
        'byte',
        'email',
        'hostname',
        'x',
      ),
      pattern: fc.constantFrom('^a+$', '(a+)+$', '(', '[[:alpha:]]', '\\p{Greek}', '(?!x)', 'a{1000}', ''),
      default: json,
      enum: fc.array(json, { maxLength: 3 }),
      required: fc.array(fc.constantFrom('a', 'b', 'metadata'), { maxLength: 2 }),
      minimum: fc.double(),
      maximum: fc.integer(),
      exclusiveMinimum: fc.boolean(),
      multipleOf: fc.double(),
      minLength: fc.integer(),
      maxLength: fc.integer(),
      maxItems: fc.integer(),
      minProperties: fc.integer(),
      uniqueItems: fc.boolean(),
      nullable: fc.boolean(),
      items: tie('schema'),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      properties: fc.dictionary(
        fc.constantFrom('a', 'b', 'metadata', 'in', 'x-y', '__proto__'),
        tie('schema'),
        {
          maxKeys: 3,
        },
      ),
      allOf: fc.array(tie('schema'), { maxLength: 2 }),
      oneOf: fc.array(tie('schema'), { maxLength: 2 }),
      not: tie('schema'),
      'x-kubernetes-preserve-unknown-fields': fc.boolean(),
      'x-kubernetes-int-or-string': fc.boolean(),
      'x-kubernetes-embedded-resource': fc.boolean(),
      'x-kubernetes-list-type': fc.constantFrom('set', 'map', 'atomic', 'x'),
      'x-kubernetes-list-map-keys': fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      'x-kubernetes-validations': fc.array(
        fc.record(
          {
            rule: fc.constantFrom(
              'true',
              'self.a > 1',
              'self == oldSelf',
              'self.all(x, x != "")',
              'self.matches("(a+)+$")',
              'size(self) > 0',
              '(',
              '',
              'self.a.b.c',
              '[1, 2].map(x, [x, x].map(y, y)) != []',
            ),
            message: fc.string(),
            messageExpression: fc.constantFrom('"x"', 'self', 'string(self)', '1'),
            reason: fc.string(),
            fieldPath: fc.constantFrom('.a', '.a.b', 'a', "['a']", '[', '.'),
            optionalOldSelf: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: [] },
  ),
}));

const definitionOf = (spec: unknown) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.fuzz.test' },
  spec: {
    group: 'fuzz.test',
    names: { plural: 'things', kind: 'Thing' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
      },
    ],
  },
});

function client() {
  const origin = new ApiServer({ clock: new ManualClock(), random: new Random(1) }).origin(user);
  return async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const response = await origin.fetch({
      method,
      path,
      headers: { 'content-type': type },
      ...(body !== undefined && { body: encode(JSON.stringify(body)) }),
    });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    const text = decode(response.body as Uint8Array);
    const answer = text.startsWith('{') ? JSON.parse(text) : { kind: 'text' };
    // A 500 says that the server, not its user, made a mistake.
    expect([response.status, answer.message]).not.toEqual([500, expect.anything()]);
    return { code: response.status, answer };
  };
}

describe('hostile definitions and objects', () => {
  test('schemas of all kinds, and objects under them', { timeout: 120_000 }, async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(schema, json, json, async (spec, first, second) => {
        const send = client();
        const { code } = await send('POST', DEFINITIONS, definitionOf(spec));
        expect([201, 400, 422]).toContain(code);
        if (code !== 201) return;
        accepted++;
        const thing = (content: unknown) => ({
          apiVersion: 'fuzz.test/v1',
          kind: 'Thing',
          metadata: { name: 'a' },
          spec: content,
        });
        await send('POST', THINGS, thing(first));
        await send('POST', THINGS, thing({ a: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', b: [1, 'x', null] }));
        await send('PATCH', `${THINGS}/a`, { spec: second }, 'application/merge-patch+json');
        expect((await send('GET', THINGS)).code).toBe(200);
        expect((await send('GET', '/openapi/v3/apis/fuzz.test/v1')).code).toBe(200);
        await send('DELETE', `${DEFINITIONS}/things.fuzz.test`);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 30_000 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  test(
    'anything at all in place of a schema, a version or a specification',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          json,
          fc.constantFrom('schema', 'version', 'spec', 'names'),
          async (value, where) => {
            const definition: any = definitionOf({ type: 'object' });
            if (where === 'schema') definition.spec.versions[0].schema = { openAPIV3Schema: value };
            if (where === 'version') definition.spec.versions = [value];
            if (where === 'spec') definition.spec = value;
            if (where === 'names') definition.spec.names = value;
            const { code } = await client()('POST', DEFINITIONS, definition);
            expect([201, 400, 422]).toContain(code);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  test('patterns that would run for ever, and texts that they would run on', async () => {
    const send = client();
    const patterns = { a: '^(a+)+$', b: '(x+x+)+y', c: '(.*)*,(.*)*;' };
    const properties = Object.fromEntries(
      Object.entries(patterns).map(([name, pattern]) => [name, { type: 'string', pattern }]),
    );
    await send('POST', DEFINITIONS, definitionOf({ type: 'object', properties }));
    const spec = { a: `${'a'.repeat(5000)}!`, b: 'x'.repeat(5000), c: ','.repeat(2000) };
    const body = { apiVersion: 'fuzz.test/v1', kind: 'Thing', metadata: { name: 'a' }, spec };
    expect((await send('POST', THINGS, body)).code).toBe(422);
  });
});
