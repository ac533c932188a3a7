import { expect, test } from 'vitest';
import type { VirtualService } from './istio-kinds.ts';
import { routesOf } from './virtual-service.ts';
import type { Workload } from './workload.ts';

const client = { namespace: 'shop', labels: {} } as unknown as Workload;

const routeWith = (rule: object) =>
  routesOf(
    {
      metadata: { name: 'prices', namespace: 'shop' },
      spec: { hosts: ['prices'], http: [{ route: [{ destination: { host: 'prices' } }], ...rule }] },
    } as VirtualService,
    client,
    'cluster.local',
  )[0];

test.each([
  [
    'a delay for half',
    { delay: { fixedDelay: '2s', percentage: { value: 50 } } },
    { delay: { ms: 2000, percentage: 50 } },
  ],
  [
    'a delay for nobody in particular is for none',
    { delay: { fixedDelay: '2s' } },
    { delay: { ms: 2000, percentage: 0 } },
  ],
  [
    'an abort for nobody in particular is for none',
    { abort: { httpStatus: 503 } },
    { abort: { status: 503, percentage: 0 } },
  ],
])('%s', (_, fault, want) => expect(routeWith({ fault })?.fault).toEqual(want));
