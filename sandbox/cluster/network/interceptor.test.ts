import { expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { readText, textResponse, type HttpRequest } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import { NetworkStack, type Interceptor, type Surroundings } from './network-stack.ts';

const REQUEST: HttpRequest = { method: 'GET', path: '/', headers: {} };

function twoStacks() {
  const stacks = new Map<string, NetworkStack>();
  const surroundings: Surroundings = {
    clock: new ManualClock(),
    random: new Random(1),
    route: (from, address, port) => {
      const stack = stacks.get(address);
      return stack ? { kind: 'stack', stack, port, peer: from.addresses[0]! } : { kind: 'unreachable' };
    },
    query: () => 'dropped',
    lookUp: () => undefined,
    traffic: { isWatched: false, count: () => {} },
  };
  const add = (address: string) => {
    const stack = new NetworkStack(surroundings, { addresses: [address], hostname: address });
    stacks.set(address, stack);
    return stack;
  };
  return { client: add('10.0.0.1'), server: add('10.0.0.2') };
}

test('an interceptor stands between a namespace and its network, not on loopback', async () => {
  const { client, server } = twoStacks();
  server.listen(80, async (_request, peer) => textResponse(200, `app for ${peer.address}`));
  const interceptor: Interceptor = {
    outbound: async () => textResponse(200, 'held back'),
    handshake: async (_port, offer, peer) => `${String(offer)} of ${peer.address}`,
    inbound: async (port, request, _peer, connection) => {
      const answer = await server.handOn(port, request, { address: '127.0.0.6', port: 1 });
      return textResponse(answer.status, `${await readText(answer)} on ${String(connection)}`);
    },
  };
  const held = server.intercept(interceptor);

  expect(await client.open('10.0.0.2', 80, 'hello')).toBe('hello of 10.0.0.1');
  const answer = await client.sendTo('10.0.0.2', 80, REQUEST, 'a connection');
  expect(await readText(answer)).toBe('app for 127.0.0.6 on a connection');
  expect(await readText(await client.fetch('10.0.0.2', 80, REQUEST))).toContain('on undefined');
  expect(await readText(await server.fetch('10.0.0.1', 80, REQUEST))).toBe('held back');
  expect(await readText(await server.fetch('127.0.0.1', 80, REQUEST))).toBe('app for 127.0.0.1');

  held.dispose();
  expect(await readText(await client.fetch('10.0.0.2', 80, REQUEST))).toBe('app for 10.0.0.1');
  expect(await client.open('10.0.0.2', 80, 'hello')).toBeUndefined();
});
