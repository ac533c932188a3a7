/**
 * catalogue: a shop's goods, twice: `/products` sends all of them with all they have, `POST /graphql` answers
 * what it is asked. `/healthz`. Environment: `PORT` (4000).
 */
import { json, text, type CreateService, type ServiceRequest, type ServiceResponse } from '../service.ts';
import { answerQuery, parseQuery, QueryError, type ObjectType } from './query.ts';

const DEFAULT_PORT = 4000;

const PRODUCTS = [
  { name: 'tea', price: 4, stock: 120, weight: 100, supplier: { name: 'Leaf & Sons', city: 'Darjeeling' } },
  { name: 'bread', price: 3, stock: 18, weight: 750, supplier: { name: 'The Oven', city: 'London' } },
  { name: 'cheese', price: 7, stock: 9, weight: 200, supplier: { name: 'Alp', city: 'Gruyères' } },
];

type Product = (typeof PRODUCTS)[number];

const of = <T>(...names: (keyof T & string)[]): ObjectType['fields'] =>
  Object.fromEntries(names.map((name) => [name, { resolve: (parent: T) => parent[name] }]));

const SUPPLIER: ObjectType = { name: 'Supplier', fields: of<Product['supplier']>('name', 'city') };
const PRODUCT: ObjectType = {
  name: 'Product',
  fields: {
    ...of<Product>('name', 'price', 'stock', 'weight'),
    supplier: { object: SUPPLIER, resolve: (product: Product) => product.supplier },
  },
};
const QUERY: ObjectType = {
  name: 'Query',
  fields: {
    products: { object: PRODUCT, resolve: () => PRODUCTS },
    product: {
      object: PRODUCT,
      resolve: (_, args) => PRODUCTS.find(({ name }) => name === args['name']) ?? null,
    },
  },
};

export const createService: CreateService = (host) => {
  const port = Number(host.environment['PORT'] ?? DEFAULT_PORT) || DEFAULT_PORT;
  host.log(`catalogue listening on port ${port}`);
  return {
    port,
    async handle(request) {
      host.log(`${request.method} ${request.path} from ${request.from}`);
      switch (request.path) {
        case '/healthz':
          return text(200, 'ok\n');
        case '/products':
          return json(200, PRODUCTS);
        case '/graphql':
          return query(request);
        default:
          return text(404, 'not found\n');
      }
    },
  };
};

function query({ method, body }: ServiceRequest): ServiceResponse {
  if (method !== 'POST') return json(405, { errors: [{ message: 'GraphQL only supports POST requests.' }] });
  try {
    const asked = (JSON.parse(body) as { query?: unknown }).query;
    if (typeof asked !== 'string') throw new QueryError('Must provide query string.');
    return json(200, { data: answerQuery(QUERY, parseQuery(asked), undefined) });
  } catch (error) {
    if (!(error instanceof QueryError) && !(error instanceof SyntaxError)) throw error;
    const message = error instanceof QueryError ? error.message : 'POST body sent invalid JSON.';
    return json(400, { errors: [{ message }] });
  }
}
