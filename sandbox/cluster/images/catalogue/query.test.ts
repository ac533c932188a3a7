import { describe, expect, it } from 'vitest';
import type { ServiceHost } from '../service.ts';
import { createService } from './service.ts';

async function ask(query: string) {
  const service = createService({ environment: {}, log: () => {} } as unknown as ServiceHost);
  const { status, body } = await service.handle({
    method: 'POST',
    path: '/graphql',
    query: {},
    headers: {},
    body: JSON.stringify({ query }),
    from: '10.0.0.1',
  });
  return { status, ...(JSON.parse(body) as { data?: unknown; errors?: { message: string }[] }) };
}

describe('the catalogue answers what it is asked', () => {
  it('exactly the fields, in the order of asking', async () => {
    const { data } = await ask('{ product(name: "tea") { price name supplier { city } } }');
    expect(JSON.stringify(data)).toBe(
      '{"product":{"price":4,"name":"tea","supplier":{"city":"Darjeeling"}}}',
    );
  });
  it('a named query, an alias, a comment, nothing found', async () => {
    expect(
      await ask('query Q { # what?\n a: product(name: "x") { name }, products { name } }'),
    ).toMatchObject({
      status: 200,
      data: { a: null, products: [{ name: 'tea' }, { name: 'bread' }, { name: 'cheese' }] },
    });
  });
  const wrong: { query: string; want: string }[] = [
    { query: '{ products { colour } }', want: 'Cannot query field "colour" on type "Product".' },
    {
      query: '{ products }',
      want: 'Field "products" of type "Product" must have a selection of subfields. Did you mean "products { ... }"?',
    },
    {
      query: '{ products { name { x } } }',
      want: 'Field "name" must not have a selection since it has no subfields.',
    },
    { query: '{ products { name }', want: 'Syntax Error: Expected Name, found <EOF>.' },
    { query: '', want: 'Syntax Error: Expected "{", found <EOF>.' },
  ];
  it.each(wrong)('refuses $query', async ({ query, want }) => {
    expect(await ask(query)).toEqual({ status: 400, errors: [{ message: want }] });
  });
});
