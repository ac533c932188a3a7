import { expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import type { ClusterPolicy } from './destination-rule.ts';
import { RequestFacts } from './route.ts';
import { Upstream } from './upstream.ts';

const POLICY: ClusterPolicy = {
  loadBalancer: {},
  outlier: undefined,
  tlsMode: undefined,
  maxRequests: Infinity,
};

const facts = (headers: Record<string, string> = {}) =>
  new RequestFacts({ method: 'GET', path: '/', headers }, 'web', 'web', 80);

function upstreamOf(policy: Partial<ClusterPolicy>, endpoints = 3, clock = new ManualClock()) {
  const upstream = new Upstream(clock, new Random(5), { ...POLICY, ...policy });
  const list = Array.from({ length: endpoints }, (_, i) => ({
    address: `10.0.0.${i + 1}`,
    port: 80,
    workload: undefined,
  }));
  upstream.update({ ...POLICY, ...policy }, list, () => false);
  const picks = (count: number, headers?: Record<string, string>) =>
    Array.from({ length: count }, () => upstream.pick(facts(headers), '10.0.0.9', [])?.name);
  return { upstream, picks, list, clock };
}

test('ROUND_ROBIN takes turns', () => {
  const { picks } = upstreamOf({ loadBalancer: { simple: 'ROUND_ROBIN' } });
  expect(picks(4)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.1:80']);
});

test('RANDOM and LEAST_REQUEST ask all; the second leaves alone who is busy', () => {
  expect(new Set(upstreamOf({ loadBalancer: { simple: 'RANDOM' } }).picks(50)).size).toBe(3);
  const { upstream, picks } = upstreamOf({});
  expect(new Set(picks(50)).size).toBe(3);
  upstream.hosts[0]!.active = 9;
  // Of two that are drawn it is always the other.
  expect(picks(50)).not.toContain('10.0.0.1:80');
});

test('consistentHash: one value, one endpoint; when another goes, it stays', () => {
  const { upstream, picks, list } = upstreamOf({
    loadBalancer: { consistentHash: { httpHeaderName: 'X-User' } },
  });
  const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
  const before = new Map(users.map((user) => [user, picks(1, { 'x-user': user })[0]]));
  expect(new Set(before.values()).size).toBe(3);
  upstream.update(upstream.policy, list.slice(0, 2), () => false);
  for (const [user, name] of before)
    if (name !== '10.0.0.3:80') expect(picks(1, { 'x-user': user })[0]).toBe(name);
});

test('who was tried is not tried again while there are others', () => {
  const { upstream } = upstreamOf({ loadBalancer: { simple: 'ROUND_ROBIN' } }, 2);
  const first = upstream.pick(facts(), '10.0.0.9', [])!;
  const second = upstream.pick(facts(), '10.0.0.9', [first])!;
  expect(second).not.toBe(first);
  expect(upstream.pick(facts(), '10.0.0.9', [first, second])).toBeDefined();
});

test('outliers: after so many errors in a row, for a time that grows, never more than the share', async () => {
  const outlier = {
    consecutive5xx: 2,
    consecutiveGatewayErrors: 0,
    baseEjectionMs: 1000,
    maxEjectionPercent: 50,
  };
  const { upstream, picks, clock } = upstreamOf({ outlier, loadBalancer: { simple: 'ROUND_ROBIN' } });
  const [one, two] = upstream.hosts;
  upstream.report(one!, 500);
  upstream.report(one!, 200);
  upstream.report(one!, 500);
  expect(picks(3)).toContain('10.0.0.1:80');
  upstream.report(one!, 503);
  expect(new Set(picks(6))).toEqual(new Set(['10.0.0.2:80', '10.0.0.3:80']));
  // A second one would be two of three.
  for (let i = 0; i < 2; i++) upstream.report(two!, 500);
  expect(picks(6)).toContain('10.0.0.2:80');
  await clock.advance(1000);
  expect(picks(6)).toContain('10.0.0.1:80');
  for (let i = 0; i < 2; i++) upstream.report(one!, 500);
  await clock.advance(1000);
  expect(picks(6)).not.toContain('10.0.0.1:80');
  await clock.advance(1000);
  expect(picks(6)).toContain('10.0.0.1:80');
});
