import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Emitter } from '../../core/emitter.ts';
import type { ExerciseStart, SessionStatus } from '../../runtimes/runtime.ts';
import type { SessionIdentity } from '../engine/labels.ts';
import { readSettings } from '../settings.ts';
import { NoneFree, SessionRegistry, type OwnedSession, type SessionSource } from './session-registry.ts';

const START: ExerciseStart = {
  id: 'a/b',
  version: '1',
  files: {},
  manifests: [],
  namespace: 'default',
  nodes: 1,
};
const MINUTE_MS = 60_000;

/** An engine in memory: what is on it, and what was done. */
class MemorySource implements SessionSource {
  onEngine = new Map<string, SessionIdentity | undefined>();
  whole = new Set<string>();
  log: string[] = [];
  statuses = new Map<string, Emitter<SessionStatus>>();

  create(identity: SessionIdentity): OwnedSession {
    this.onEngine.set(identity.id, identity);
    this.whole.add(identity.id);
    return this.#session(identity);
  }
  async recover(identity: SessionIdentity) {
    return this.whole.has(identity.id) ? this.#session(identity) : undefined;
  }
  async traces() {
    return [...this.onEngine].map(([id, identity]) => ({ id, identity }));
  }
  async remove(id: string) {
    this.log.push(`remove ${id}`);
    this.onEngine.delete(id);
  }

  #session(identity: SessionIdentity): OwnedSession {
    const statuses = new Emitter<SessionStatus>();
    this.statuses.set(identity.id, statuses);
    const session = {
      identity,
      status: { phase: 'ready', message: '' } as SessionStatus,
      onStatus: statuses.event,
      end: async (message: string) => {
        this.log.push(`end ${message}`);
        this.onEngine.delete(identity.id);
      },
      leave: () => void this.log.push('leave'),
    };
    statuses.event((status) => (session.status = status));
    return session as unknown as OwnedSession;
  }
}

let source: MemorySource;
let clock: ManualClock;

beforeEach(() => {
  source = new MemorySource();
  clock = new ManualClock();
});

function registry(instance = 'one') {
  const { limits } = readSettings({
    SLIPWAY_MAX_SESSIONS: '3',
    SLIPWAY_MAX_SESSIONS_PER_CLIENT: '2',
    SLIPWAY_SESSION_MINUTES: '60',
    SLIPWAY_IDLE_MINUTES: '10',
  });
  return new SessionRegistry(source, limits, instance, clock);
}

test('a session is found by its own token and by no other', () => {
  const sessions = registry();
  const { session, token } = sessions.create(START, 'me');
  const other = sessions.create(START, 'me');
  const { id } = session.identity;
  expect(sessions.find(id, token)).toBe(session);
  expect([
    sessions.find(id, other.token),
    sessions.find(id, undefined),
    sessions.find(id, ''),
    sessions.find('none', token),
  ]).toEqual([undefined, undefined, undefined, undefined]);
  expect(Buffer.from(token, 'base64url').length).toBe(32);
  expect(JSON.stringify(session.identity)).not.toContain(token);
});

test('there is a limit for all and one for each client', async () => {
  const sessions = registry();
  const first = sessions.create(START, 'me');
  sessions.create(START, 'me');
  expect(() => sessions.create(START, 'me')).toThrow(/You have 2 real clusters already/);
  sessions.create(START, 'you');
  expect(() => sessions.create(START, 'they')).toThrow(NoneFree);
  expect(sessions.fullFor('they')).toMatch(/All 3 real clusters/);
  await sessions.end(first.session.identity.id);
  expect(sessions.fullFor('they')).toBeUndefined();
});

test('a session that failed takes no place', () => {
  const sessions = registry();
  for (let i = 0; i < 2; i++) {
    const { session } = sessions.create(START, 'me');
    source.statuses.get(session.identity.id)!.fire({ phase: 'failed', message: 'no' });
  }
  expect(sessions.fullFor('me')).toBeUndefined();
});

test('a session ends when its time is up, though somebody is connected', async () => {
  const sessions = registry();
  const { session, token } = sessions.create(START, 'me');
  sessions.connected(session);
  await clock.advance(59 * MINUTE_MS);
  expect(sessions.find(session.identity.id, token)).toBe(session);
  await clock.advance(MINUTE_MS);
  expect(source.log).toEqual(['end Time is up: the real cluster was removed.']);
  expect(sessions.find(session.identity.id, token)).toBeUndefined();
});

test('a session ends some time after the last connection closed', async () => {
  const sessions = registry();
  const { session } = sessions.create(START, 'me');
  await clock.advance(9 * MINUTE_MS);
  const one = sessions.connected(session);
  const two = sessions.connected(session);
  await clock.advance(15 * MINUTE_MS);
  one.dispose();
  one.dispose();
  await clock.advance(15 * MINUTE_MS);
  expect(source.log).toEqual([]);
  two.dispose();
  await clock.advance(9 * MINUTE_MS);
  expect(source.log).toEqual([]);
  await clock.advance(MINUTE_MS);
  expect(source.log).toEqual(['end Nobody was connected for a while: the real cluster was removed.']);
});

test('a session that its page closed is forgotten', async () => {
  const sessions = registry();
  const { session, token } = sessions.create(START, 'me');
  source.statuses.get(session.identity.id)!.fire({ phase: 'closed', message: 'The session was closed.' });
  expect(sessions.find(session.identity.id, token)).toBeUndefined();
});

test('after a restart sessions are found again, with their tokens and their time', async () => {
  const before = registry();
  const { session, token } = before.create(START, 'me');
  await clock.advance(5 * MINUTE_MS);
  before.leave();
  expect(source.log).toEqual(['leave']);
  expect(() => before.create(START, 'me')).toThrow('stopping');

  const after = registry();
  await after.start();
  const found = after.find(session.identity.id, token);
  expect(found?.identity).toEqual(session.identity);
  const connection = after.connected(found!);
  await clock.advance(55 * MINUTE_MS);
  expect(source.log.at(-1)).toMatch(/Time is up/);
  connection.dispose();
});

test('what nobody owns is removed, what another service owns is not', async () => {
  const identity = (id: string, instance: string, expiresAtMs: number): SessionIdentity => ({
    id,
    instance,
    tokenHash: '',
    client: '',
    start: START,
    expiresAtMs,
  });
  const later = clock.now() + MINUTE_MS;
  source.onEngine.set('whole', identity('whole', 'one', later));
  source.whole.add('whole');
  source.onEngine.set('broken', identity('broken', 'one', later));
  source.onEngine.set('nameless', undefined);
  source.onEngine.set('others', identity('others', 'two', later));
  source.onEngine.set('forgotten', identity('forgotten', 'two', clock.now() - 1));
  await registry().start();
  expect(source.log).toEqual(['remove broken', 'remove nameless', 'remove forgotten']);
});

test('the sweep goes on, and past an engine that does not answer', async () => {
  const sessions = registry();
  await sessions.start();
  const traces = source.traces.bind(source);
  source.traces = async () => Promise.reject(new Error('connect ECONNREFUSED'));
  source.onEngine.set('left', undefined);
  await clock.advance(2 * MINUTE_MS);
  expect(source.log).toEqual([]);
  source.traces = traces;
  await clock.advance(MINUTE_MS);
  expect(source.log).toEqual(['remove left']);
});

test('stopping with an end ends every session', async () => {
  const sessions = registry();
  sessions.create(START, 'me');
  sessions.create(START, 'you');
  await sessions.endAll('The sandbox service was stopped.');
  expect(source.log).toEqual([
    'end The sandbox service was stopped.',
    'end The sandbox service was stopped.',
  ]);
});
