import { expect, test } from 'vitest';
import type { TrafficFlow } from '../../../sandbox/core/traffic.ts';
import { LiveTraffic, NO_TRAFFIC } from './live-traffic.ts';

const flow = (over: Partial<TrafficFlow> = {}): TrafficFlow => ({
  from: { kind: 'pod', namespace: 'shop', name: 'caller' },
  to: { kind: 'pod', namespace: 'shop', name: 'web-1' },
  service: 'shop/web',
  requests: 3,
  failed: 0,
  retried: 0,
  faulted: 0,
  mutualTls: false,
  ...over,
});

test('a call is two lines, and its rate is the last three seconds’', () => {
  const traffic = new LiveTraffic();
  traffic.add([flow()], 1000);
  traffic.add([flow({ requests: 6, failed: 1 })], 2000);
  const { lines, rates } = traffic.at(2500);
  expect(lines).toEqual([
    {
      pod: 'Pod/shop/caller',
      service: 'Service/shop/web',
      direction: 'calls',
      failed: true,
      mutualTls: false,
    },
    {
      pod: 'Pod/shop/web-1',
      service: 'Service/shop/web',
      direction: 'receives',
      failed: true,
      mutualTls: false,
    },
  ]);
  expect(rates.get('Service/shop/web')).toMatchObject({ perSecond: 3, failed: true, mutualTls: false });
  expect(rates.get('Pod/shop/web-1')!.perSecond).toBe(3);
  expect(rates.has('Pod/shop/caller')).toBe(false);
  expect(traffic.at(4500).rates.get('Service/shop/web')!.perSecond).toBe(2);
  expect(traffic.at(6000)).toBe(NO_TRAFFIC);
});

test('a lock is drawn when every request was encrypted', () => {
  const traffic = new LiveTraffic();
  traffic.add([flow({ mutualTls: true, retried: 1 })], 0);
  expect(traffic.at(1).rates.get('Service/shop/web')).toMatchObject({ mutualTls: true, retried: true });
  traffic.add([flow({ from: { kind: 'outside' } })], 1);
  expect(traffic.at(2).rates.get('Service/shop/web')!.mutualTls).toBe(false);
  expect(traffic.at(2).lines.map(({ mutualTls }) => mutualTls)).toEqual([true, false]);
});

test('who gets no answer has a line from its sender alone', () => {
  const traffic = new LiveTraffic();
  traffic.add([flow({ to: undefined, failed: 3 })], 0);
  expect(traffic.at(0).lines.map(({ direction }) => direction)).toEqual(['calls']);
});
