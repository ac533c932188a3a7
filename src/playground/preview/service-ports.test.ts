import { expect, it } from 'vitest';
import type { Service } from '../../../sandbox/cluster/client/kinds.ts';
import { httpPorts } from './service-ports.ts';

const service = (ports: object[] | undefined) => ({ metadata: { name: 'web' }, spec: { ports } }) as Service;

it.each([
  ['no ports', undefined, []],
  ['a port that says nothing', [{ port: 80 }], [80]],
  [
    'names that say HTTP or nothing',
    [
      { name: 'http-web', port: 80 },
      { name: 'metrics', port: 9090 },
    ],
    [80, 9090],
  ],
  [
    'names of other protocols',
    [
      { name: 'grpc-otlp', port: 4317 },
      { name: 'https', port: 443 },
    ],
    [],
  ],
  ['appProtocol before the name', [{ name: 'web', appProtocol: 'kubernetes.io/h2c', port: 80 }], []],
  ['UDP', [{ protocol: 'UDP', port: 53 }], []],
])('%s', (_, ports, want) => {
  expect(httpPorts(service(ports))).toEqual(want);
});
