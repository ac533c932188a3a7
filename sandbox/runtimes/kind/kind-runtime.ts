/**
 * Real clusters, in the page: asks the sandbox service for a session and connects to it. The session's token
 * is a cookie that the page cannot read; the page remembers only which session belongs to an exercise, so
 * that a reload continues it.
 */
import { connectSession } from '../remote/connect-session.ts';
import type { ExerciseStart, Runtime, Session, SessionStatus } from '../runtime.ts';
import { openWebSocketChannel } from './websocket-channel.ts';

const NO_SERVICE =
  'Real clusters need the sandbox service, and this site is served without it. `npm start` on your own machine brings both.';

/** What the service says of a session. */
interface SessionDescription {
  id: string;
  version: string;
  status: SessionStatus;
}

/** @param base URL of the service's API, relative to the page or absolute, with a slash at its end. */
export function kindRuntime(base: string): Runtime {
  return {
    name: 'kind',

    async available() {
      const response = await fetch(`${base}runtimes`).catch(() => undefined);
      const answer = response?.ok ? await jsonOf<{ kind?: Availability }>(response) : undefined;
      return answer?.kind ?? { available: false, reason: NO_SERVICE };
    },

    async open(start) {
      const session = (await continued(base, start)) ?? (await created(base, start));
      return connected(base, session.id, start.id);
    },
  };
}

type Availability = Awaited<ReturnType<Runtime['available']>>;

/** The exercise's session of before, if it is still there and still good. */
async function continued(base: string, start: ExerciseStart): Promise<SessionDescription | undefined> {
  const id = localStorage.getItem(keyOf(start.id));
  if (id === null) return undefined;
  const response = await fetch(`${base}sessions/${encodeURIComponent(id)}`);
  const session = response.ok ? await jsonOf<SessionDescription>(response) : undefined;
  if (session) {
    const usable = session.status.phase !== 'failed' && session.status.phase !== 'closed';
    if (usable && session.version === start.version) return session;
    // The exercise has changed, or nothing came of it: its place is free for the next.
    await fetch(`${base}sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }
  localStorage.removeItem(keyOf(start.id));
  return undefined;
}

async function created(base: string, start: ExerciseStart): Promise<SessionDescription> {
  const response = await fetch(`${base}sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ start }),
  });
  const answer = await jsonOf<SessionDescription & { message?: string }>(response);
  if (!response.ok || !answer) throw new Error(answer?.message ?? NO_SERVICE);
  localStorage.setItem(keyOf(start.id), answer.id);
  return answer;
}

async function connected(base: string, id: string, exercise: string): Promise<Session> {
  const url = new URL(`${base}sessions/${encodeURIComponent(id)}/connect`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const session = await connectSession(await openWebSocketChannel(url.href));
  session.onStatus(({ phase }) => {
    if (phase === 'closed' && localStorage.getItem(keyOf(exercise)) === id) {
      localStorage.removeItem(keyOf(exercise));
    }
  });
  return session;
}

const keyOf = (exercise: string) => `slipway.kind.${exercise}`;

/** The body as JSON; undefined when it is something else, as a static host's error page is. */
async function jsonOf<T>(response: Response): Promise<T | undefined> {
  try {
    return (await response.json()) as T;
  } catch {
    return undefined;
  }
}
