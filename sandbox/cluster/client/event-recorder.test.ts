import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { setSliceMs, SLICE_MS } from '../../core/slice.ts';
import type { ApiRequest, ApiTransport } from '../api/request.ts';
import { notFound } from '../api/status.ts';
import { Client } from './client.ts';
import { EventRecorder } from './event-recorder.ts';
import type { Event } from './kinds.ts';
import { EVENTS } from './resources.ts';

// How many events are sent in one go must not depend on this machine.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name, uid: `uid-${name}`, resourceVersion: '7' },
});

function start() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const stored = new Map<string, Event>();
  const transport: ApiTransport = {
    async request({ verb, name, body }: ApiRequest) {
      if (verb === 'create') {
        const event = body as Event;
        stored.set(event.metadata.name!, event);
        return event;
      }
      const before = stored.get(name!);
      if (!before) throw notFound(EVENTS, name!);
      const after = { ...before, ...(body as Partial<Event>) };
      stored.set(name!, after);
      return after;
    },
    watch: () => ({ dispose() {} }),
  };
  const client = new Client(transport, { user: { username: 'kubelet', groups: [] } });
  const recorder = new EventRecorder(client, clock, { component: 'kubelet', host: 'node-1' });
  const lines = () => [...stored.values()].map((e) => `${e.count}x ${e.type} ${e.reason}: ${e.message}`);
  return { clock, recorder, stored, lines };
}

test('an event has the fields of the core API', async () => {
  const { clock, recorder, stored } = start();
  recorder.event(pod('web'), 'Normal', 'Pulled', 'Container image "nginx:1" already present on machine');
  await clock.advance(0);
  const [event] = stored.values();
  expect(event).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/), namespace: 'default' },
    involvedObject: {
      kind: 'Pod',
      namespace: 'default',
      name: 'web',
      uid: 'uid-web',
      apiVersion: 'v1',
      resourceVersion: '7',
    },
    reason: 'Pulled',
    message: 'Container image "nginx:1" already present on machine',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Normal',
    eventTime: null,
    reportingComponent: 'kubelet',
    reportingInstance: 'node-1',
  });
});

test('the same event again counts up and keeps its first time', async () => {
  const { clock, recorder, stored, lines } = start();
  for (let i = 0; i < 3; i++) {
    recorder.event(pod('web'), 'Warning', 'BackOff', 'Back-off restarting failed container');
    await clock.advance(10_000);
  }
  expect(lines()).toEqual(['3x Warning BackOff: Back-off restarting failed container']);
  const [event] = stored.values();
  expect([event!.firstTimestamp, event!.lastTimestamp]).toEqual([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:20Z',
  ]);
});

test('the tenth event of a reason with another message is combined with those after it', async () => {
  const { clock, recorder, lines } = start();
  for (let i = 1; i <= 12; i++)
    recorder.event(pod('web'), 'Normal', 'SuccessfulCreate', `Created pod: web-${i}`);
  await clock.advance(0);
  expect(lines().length).toBe(10);
  expect(lines().at(-1)).toBe(
    '3x Normal SuccessfulCreate: (combined from similar events): Created pod: web-12',
  );
});

test('an object may have 25 events at once and then one in five minutes', async () => {
  const { clock, recorder, lines } = start();
  for (let i = 0; i < 40; i++) recorder.event(pod('web'), 'Normal', `Reason${i}`, 'something');
  recorder.event(pod('other'), 'Normal', 'Reason', 'is not affected');
  await clock.advance(0);
  expect(lines().length).toBe(26);
  await clock.advance(300_000);
  recorder.event(pod('web'), 'Normal', 'Later', 'something');
  recorder.event(pod('web'), 'Normal', 'TooSoon', 'something');
  await clock.advance(0);
  expect(lines().at(-1)).toBe('1x Normal Later: something');
});

test('an event that expired meanwhile is made anew with its count', async () => {
  const { clock, recorder, stored, lines } = start();
  recorder.event(pod('web'), 'Normal', 'Killing', 'Stopping container web');
  await clock.advance(0);
  stored.clear();
  recorder.event(pod('web'), 'Normal', 'Killing', 'Stopping container web');
  await clock.advance(0);
  expect(lines()).toEqual(['2x Normal Killing: Stopping container web']);
});
