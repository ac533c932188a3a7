/** Which ports of a Service a page can be expected on. */
import type { Service } from '../../../sandbox/cluster/client/kinds.ts';

/** Protocols that a port's `appProtocol`, or the beginning of its name, may tell of and that are not HTTP/1.1 in the clear. */
const OTHERS = new Set([
  'amqp',
  'grpc',
  'h2c',
  'https',
  'kafka',
  'mongo',
  'mysql',
  'postgres',
  'redis',
  'tcp',
  'tls',
  'udp',
]);

export function httpPorts({ spec }: Service): number[] {
  return (spec.ports ?? [])
    .filter(({ protocol = 'TCP', appProtocol, name = '' }) => {
      const told = (appProtocol?.replace(/^kubernetes\.io\//, '') ?? name.split('-')[0]!).toLowerCase();
      return protocol === 'TCP' && !OTHERS.has(told);
    })
    .map(({ port }) => port);
}
